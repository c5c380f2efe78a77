import { describe, expect, it } from 'vitest';
import { polyline, type Polyline } from './polyline';

/** Height of the line at x, by plain interpolation. */
function heightAt({ points, length }: Polyline, x: number): number {
  for (let i = 0; i + 3 < length; i += 2) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.subarray(i, i + 4);
    if (x >= x0 - 1e-3 && x <= x1 + 1e-3) return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
  }
  return NaN;
}

describe('a polyline', () => {
  it('passes within an eighth of a pixel of every sample of a beat', () => {
    const beat = Float32Array.from(
      { length: 600 },
      (_, i) => Math.exp(-(((i - 217) / 8) ** 2)) + 0.2 * Math.sin(i / 40),
    );
    const line = polyline(beat, [3, 0.2], [50, -40]);
    const errors = [...beat].map((value, i) => Math.abs(heightAt(line, 3 + i * 0.2) - (50 - 40 * value)));
    expect(Math.max(...errors)).toBeLessThan(0.125);
    expect(line.length / 2).toBeLessThan(150);
  });
  it('is two points where nothing happens', () => {
    const line = polyline(new Float32Array(500), [0, 1], [7, 1]);
    expect([...line.points.subarray(0, line.length)]).toEqual([0, 7, 499, 7]);
  });
  it('keeps the height of a single high sample', () => {
    const values = new Float32Array(101);
    values[50] = 2;
    const line = polyline(values, [0, 1], [0, 1]);
    expect(heightAt(line, 50)).toBeCloseTo(2, 5);
    expect(heightAt(line, 49)).toBeCloseTo(0, 5);
  });
  it('ends before a value that is no number', () => {
    const line = polyline(Float32Array.of(1, 1, NaN, 1), [0, 1], [0, 1]);
    expect([...line.points.subarray(0, line.length)]).toEqual([0, 1, 1, 1]);
    expect(polyline(Float32Array.of(NaN, 1), [0, 1], [0, 1]).length).toBe(0);
  });
});
