import { describe, expect, it } from 'vitest';
import { extentOf, fitView, nearest, pan, refit, toData, toPixel, zoom } from './view';

const points = Float32Array.of(0, 0, 10, 5, NaN, NaN, -4, 20);
const fit = fitView(extentOf(points), 400, 300);

describe('the view of a map', () => {
  it('the extent leaves out subjects without a place', () => {
    expect(extentOf(points)).toEqual({ left: -4, right: 10, bottom: 0, top: 20 });
    expect(extentOf(Float32Array.of(NaN, NaN))).toBeNull();
  });
  it('fits all points with a margin and the same scale for both axes', () => {
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = toPixel(fit, points[i] ?? NaN, points[i + 1] ?? NaN);
      if (Number.isNaN(x)) continue;
      expect(x).toBeGreaterThanOrEqual(13.9);
      expect(x).toBeLessThanOrEqual(386.1);
      expect(y).toBeGreaterThanOrEqual(13.9);
      expect(y).toBeLessThanOrEqual(286.1);
    }
    const [x0, y0] = toPixel(fit, 0, 0);
    const [x1, y1] = toPixel(fit, 1, 1);
    expect(x1 - x0).toBeCloseTo(y0 - y1, 9);
  });
  it('pixels and data are each other turned round', () => {
    const [x, y] = toData(fit, ...toPixel(fit, 3.25, -7.5));
    expect(x).toBeCloseTo(3.25, 9);
    expect(y).toBeCloseTo(-7.5, 9);
  });
  it('zooming keeps what is under the pointer', () => {
    const before = toData(fit, 70, 40);
    const after = toData(zoom(fit, 3, 70, 40, fit), 70, 40);
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
  });
  it('zooming has an end on both sides', () => {
    expect(zoom(fit, 1e9, 0, 0, fit).scale).toBeCloseTo(400 * fit.scale, 6);
    expect(zoom(fit, 1e-9, 0, 0, fit).scale).toBeCloseTo(0.5 * fit.scale, 9);
  });
  it('dragging moves the points with the pointer', () => {
    const [x, y] = toPixel(fit, 2, 2);
    const [px, py] = toPixel(pan(fit, 30, -12), 2, 2);
    expect([px - x, py - y]).toEqual([expect.closeTo(30, 6), expect.closeTo(-12, 6)]);
  });
  it('a plot of another size keeps place and magnification', () => {
    const larger = fitView(extentOf(points), 800, 600);
    const view = refit(zoom(fit, 2, 200, 150, fit), fit, larger);
    expect(view.scale / larger.scale).toBeCloseTo(2, 9);
    expect(toData(view, 400, 300)[0]).toBeCloseTo(fit.x, 9);
  });
  it('the nearest point is found among those that are shown, within reach', () => {
    const at = toPixel(fit, 10, 5);
    expect(nearest(points, Uint8Array.of(1, 1, 1, 1), fit, at, 8)).toBe(1);
    expect(nearest(points, Uint8Array.of(1, 0, 1, 1), fit, at, 8)).toBeNull();
    expect(nearest(points, Uint8Array.of(1, 1, 1, 1), fit, [at[0] + 9, at[1]], 8)).toBeNull();
  });
});
