/** Which points of a map lie inside an outline: even-odd rule, to the last bit as `groups.inside` in Python. */

import type { Polygon } from './recipe';

interface Corners {
  x: Float64Array;
  y: Float64Array;
}

interface Reach {
  left: number;
  right: number;
  bottom: number;
  top: number;
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
  const near = reach(corners);
  for (let i = 0; i < mask.length; i++) mask[i] = holds(corners, near, points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN);
  return mask;
}

function holds(corners: Corners, { left, right, bottom, top }: Reach, x: number, y: number): number {
  const near = x >= left && x <= right && y >= bottom && y <= top;
  return near ? crossings(corners, x, y) & 1 : 0;
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

/** Where the rule may give 1: beyond it the line of a point crosses no edge, or an even number. */
function reach({ x, y }: Corners): Reach {
  const [left, right] = extent(x);
  const [bottom, top] = extent(y);
  if (!Number.isFinite((right - left) * (top - bottom))) return { left: -Infinity, right: Infinity, bottom, top };
  const slack = SLACK * Math.max(Math.abs(left), Math.abs(right));
  return { left: left - slack, right: right + slack, bottom, top };
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
