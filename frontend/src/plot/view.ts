/** Where data lie in pixels: one scale for both axes, y upwards. */

export interface View {
  /** Data coordinates at the middle of the plot. */
  x: number;
  y: number;
  /** CSS pixels for one unit. */
  scale: number;
  /** Size of the plot in CSS pixels. */
  width: number;
  height: number;
}

export interface Extent {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

const MARGIN_PX = 14;
/** How far in and out one may zoom, relative to the fit. */
const ZOOM: readonly [number, number] = [0.5, 400];

/** Bounds of the points (x0, y0, x1, y1, ...); NaN points do not count; null when none is left. */
export function extentOf(points: Float32Array): Extent | null {
  const extent = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i] ?? NaN;
    const y = points[i + 1] ?? NaN;
    if (x < extent.left) extent.left = x;
    if (x > extent.right) extent.right = x;
    if (y < extent.bottom) extent.bottom = y;
    if (y > extent.top) extent.top = y;
  }
  return extent.left <= extent.right && extent.bottom <= extent.top ? extent : null;
}

/** The whole extent in the middle of the plot. */
export function fitView(extent: Extent | null, width: number, height: number): View {
  if (!extent) return { x: 0, y: 0, scale: 1, width, height };
  const { left, right, bottom, top } = extent;
  const room = (pixels: number) => Math.max(1, pixels - 2 * MARGIN_PX);
  const scale = Math.min(room(width) / (right - left || 1), room(height) / (top - bottom || 1));
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale, width, height };
}

export function toPixel(view: View, x: number, y: number): [number, number] {
  return [view.width / 2 + (x - view.x) * view.scale, view.height / 2 - (y - view.y) * view.scale];
}

export function toData(view: View, px: number, py: number): [number, number] {
  return [view.x + (px - view.width / 2) / view.scale, view.y - (py - view.height / 2) / view.scale];
}

export function pan(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale };
}

/** Zooms by `factor` and keeps what is under the pixel (px, py) in its place; `fit` bounds the zoom. */
export function zoom(view: View, factor: number, px: number, py: number, fit: View): View {
  const scale = Math.min(Math.max(view.scale * factor, fit.scale * ZOOM[0]), fit.scale * ZOOM[1]);
  const [x, y] = toData(view, px, py);
  return { ...view, scale, x: x - (px - view.width / 2) / scale, y: y + (py - view.height / 2) / scale };
}

/** The same place and magnification, relative to the fit, in a plot of another size. */
export function refit(view: View, before: View, after: View): View {
  const scale = (view.scale / before.scale) * after.scale;
  return { ...view, scale, width: after.width, height: after.height };
}

/** The row nearest to (px, py) within `reach` pixels among those with a mask of 1; null when there is none. */
export function nearest(
  points: Float32Array,
  mask: Uint8Array,
  view: View,
  [px, py]: readonly [number, number],
  reach: number,
): number | null {
  const [x, y] = toData(view, px, py);
  let best = (reach / view.scale) ** 2;
  let row: number | null = null;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const dx = (points[2 * i] ?? NaN) - x;
    const dy = (points[2 * i + 1] ?? NaN) - y;
    const distance = dx * dx + dy * dy;
    if (distance <= best) {
      best = distance;
      row = i;
    }
  }
  return row;
}
