/** Which points of a map lie inside an outline: even-odd rule, to the last bit as `groups.inside` in Python. */

import type { Polygon } from './recipe';

interface Corners {
  x: Float64Array;
  y: Float64Array;
}

/** Rounding of a crossing stays far below this share of the coordinates. */
const SLACK = 1e-9;

/**
 * 1 for every point inside, 0 elsewhere, where a point has NaN, and for fewer than three corners.
 *
 * `points` holds x and y of every row, interleaved; the polygon closes itself.
 */
export function inside(points: Float32Array, polygon: Polygon): Uint8Array {
  const mask = new Uint8Array(points.length / 2);
  if (polygon.length < 3) return mask;
  const corners = {
    x: Float64Array.from(polygon, ([x]) => x),
    y: Float64Array.from(polygon, ([, y]) => y),
  };
  const [left, right, bottom, top] = reach(corners);
  for (let i = 0; i < mask.length; i++) {
    const x = points[2 * i] ?? NaN;
    const y = points[2 * i + 1] ?? NaN;
    if (x >= left && x <= right && y >= bottom && y <= top) mask[i] = crossings(corners, x, y) & 1;
  }
  return mask;
}

/** Edges to the right of the point that its horizontal line crosses; the arithmetic is that of Python, in its order. */
function crossings({ x: xs, y: ys }: Corners, x: number, y: number): number {
  let count = 0;
  let xj = xs[xs.length - 1] ?? NaN;
  let yj = ys[ys.length - 1] ?? NaN;
  for (let i = 0; i < xs.length; i++) {
    const xi = xs[i] ?? NaN;
    const yi = ys[i] ?? NaN;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) count++;
    xj = xi;
    yj = yi;
  }
  return count;
}

/** Left, right, bottom and top beyond which the rule gives 0: there a line crosses no edge, or an even number. */
function reach({ x, y }: Corners): [number, number, number, number] {
  const [left, right] = extent(x);
  const [bottom, top] = extent(y);
  if (!Number.isFinite((right - left) * (top - bottom))) return [-Infinity, Infinity, bottom, top];
  const slack = SLACK * Math.max(Math.abs(left), Math.abs(right));
  return [left - slack, right + slack, bottom, top];
}

function extent(values: Float64Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
