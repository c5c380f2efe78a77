/** Fewer points for the same line. */

export interface Polyline {
  /** x0, y0, x1, y1, ... in pixels; the first `length` numbers count. */
  points: Float32Array;
  length: number;
}

/** Pixels by which a drawn line may leave its samples: less than the eye sees. */
const TOLERANCE_PX = 0.12;

/**
 * Samples as a line that passes within a tolerance of each of them (the swinging door of Bristol, 1990).
 * Sample i lies at (left + i * dx, base + value * scale); the line ends before the first value that is no number.
 */
export function polyline(
  values: Float32Array,
  [left, dx]: readonly [number, number],
  [base, scale]: readonly [number, number],
): Polyline {
  const points = new Float32Array(2 * values.length);
  let length = 0;
  let from = 0;
  let start = base + (values[0] ?? NaN) * scale;
  let low = -Infinity;
  let high = Infinity;
  let before = start;
  const keep = (i: number, y: number) => {
    points[length++] = left + i * dx;
    points[length++] = y;
  };
  if (Number.isNaN(start)) return { points, length };
  keep(0, start);
  for (let i = 1; i <= values.length; i++) {
    const y = base + (values[i] ?? NaN) * scale;
    const slope = (y - start) / (i - from);
    if (slope >= low && slope <= high) {
      low = Math.max(low, (y - TOLERANCE_PX - start) / (i - from));
      high = Math.min(high, (y + TOLERANCE_PX - start) / (i - from));
      before = y;
      continue;
    }
    if (i - 1 > from) keep(i - 1, before);
    if (Number.isNaN(y)) break;
    from = i - 1;
    start = before;
    low = y - TOLERANCE_PX - start;
    high = y + TOLERANCE_PX - start;
    before = y;
  }
  return { points, length };
}
