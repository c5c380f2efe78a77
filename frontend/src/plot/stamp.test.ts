import { describe, expect, it } from 'vitest';
import { disc, hard, mix, stampAll, type Raster } from './stamp';

const WHITE = 0xffffffff;
const RED = 0xff0000ff;

function raster(width = 9, height = 7): Raster {
  return { pixels: new Uint32Array(width * height).fill(WHITE), width, height };
}

function draw(target: Raster, xy: readonly number[], radius: number, ink = RED): void {
  const n = xy.length / 2;
  const layer = { rows: Uint32Array.from({ length: n }, (_, i) => i), inks: new Uint32Array(n).fill(ink) };
  const stencil = hard(disc(radius, 1), radius);
  stampAll(target, stencil, { points: Float32Array.from(xy), scale: 1, left: 0, top: 7 }, layer);
}

describe('stamping dots', () => {
  it('a soft disc covers the area of the circle', () => {
    for (const radius of [0.7, 1.5, 2.1, 4]) {
      const sum = disc(radius, 1).coverage.reduce((a, b) => a + b, 0) / 256;
      expect(Math.abs(sum / (Math.PI * radius ** 2) - 1)).toBeLessThan(0.04);
    }
  });
  it('opacity scales the coverage', () => {
    expect(Math.max(...disc(3, 0.5).coverage)).toBe(128);
  });
  it('y runs upwards and a pixel belongs to the point inside of it', () => {
    const target = raster();
    draw(target, [2.9, 1.5], 0.5);
    expect(target.pixels.indexOf(RED)).toBe(5 * 9 + 2);
    expect(target.pixels.filter((pixel) => pixel === RED)).toHaveLength(1);
  });
  it('dots at the edge are cut and never wrap to the other side', () => {
    const target = raster();
    draw(target, [0.5, 3.5, -40, 3, 5, 900], 2.5);
    const columns = [...target.pixels].flatMap((pixel, i) => (pixel === RED ? [i % 9] : []));
    expect(Math.max(...columns)).toBe(2);
    expect(columns.length).toBeGreaterThan(8);
  });
  it('a subject without a place draws nothing', () => {
    const target = raster();
    draw(target, [NaN, 3, 3, NaN], 2);
    expect(target.pixels.every((pixel) => pixel === WHITE)).toBe(true);
  });
  it('later rows lie over earlier ones', () => {
    const target = raster();
    const rows = Uint32Array.of(1, 0);
    stampAll(
      target,
      hard(disc(0.5, 1), 0.5),
      { points: Float32Array.of(4, 3, 4, 3), scale: 1, left: 0, top: 7 },
      {
        rows,
        inks: Uint32Array.of(RED, 0xff00ff00),
      },
    );
    expect(target.pixels[4 * 9 + 4]).toBe(0xff00ff00);
  });
  it('mixing weighs each channel as plain arithmetic does and stays opaque', () => {
    const channels = (colour: number) => [0, 8, 16, 24].map((shift) => (colour >>> shift) & 255);
    const mixed = channels(mix(0xff204060, 0xffe08010, 64));
    channels(0xff204060).forEach((under, k) => {
      const over = channels(0xffe08010)[k] ?? 0;
      expect(Math.abs((mixed[k] ?? 0) - (0.75 * under + 0.25 * over))).toBeLessThanOrEqual(1);
    });
    expect(mix(WHITE, RED, 256)).toBe(RED);
    expect(mix(WHITE, RED, 0)).toBe(WHITE);
  });
});

it('dots of one pixel lie where larger ones have their middle, and those outside are left out', () => {
  const raster = { pixels: new Uint32Array(12 * 9), width: 12, height: 9 };
  const next = (
    (state: number) => () =>
      (state = (state * 48271) % 2147483647) / 2147483647
  )(9);
  const points = Float32Array.from({ length: 400 }, (_, i) => (i % 50 === 7 ? NaN : 16 * next() - 2));
  const rows = Uint32Array.from({ length: 200 }, (_, i) => i);
  const inks = rows.map((row) => row + 1);
  const place = { points, scale: 1, left: 0, top: 9 };
  const expected = new Uint32Array(raster.pixels.length);
  for (const row of rows) {
    const [x, y] = [Math.floor(points[2 * row] ?? NaN), Math.floor(9 - (points[2 * row + 1] ?? NaN))];
    if (x >= 0 && y >= 0 && x < 12 && y < 9) expected[y * 12 + x] = row + 1;
  }
  stampAll(raster, hard(disc(0.7, 1), 0.7), place, { rows, inks });
  expect(raster.pixels).toEqual(expected);
});
