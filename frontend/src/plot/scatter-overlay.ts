/** What lies over the dots: the lasso, the subject, the place of the drawn one. */

import type { Palette } from '../lib/colour';
import { toPixel, type View } from './view';

type Context = CanvasRenderingContext2D;
const RING_PX = 7;

export interface Overlay {
  /** Data coordinates x0, y0, x1, y1, ...; closed unless it is still being drawn. */
  polygon: Float64Array | null;
  open: boolean;
  focus: readonly [number, number] | null;
  ghost: readonly [number, number] | null;
  palette: Palette;
}

export function drawOverlay(context: Context, view: View, overlay: Overlay): void {
  context.clearRect(0, 0, view.width, view.height);
  if (overlay.polygon) outline(context, view, overlay.polygon, overlay);
  if (overlay.focus && overlay.ghost) journey(context, view, overlay.focus, overlay.ghost, overlay.palette);
  if (overlay.focus) ring(context, toPixel(view, ...overlay.focus), overlay.palette);
  if (overlay.ghost) diamond(context, toPixel(view, ...overlay.ghost), overlay.palette);
}

function outline(context: Context, view: View, polygon: Float64Array, { open, palette }: Overlay): void {
  context.beginPath();
  for (let i = 0; i + 1 < polygon.length; i += 2) {
    context.lineTo(...toPixel(view, polygon[i] ?? 0, polygon[i + 1] ?? 0));
  }
  if (!open) context.closePath();
  context.fillStyle = palette.accentWash;
  context.fill('evenodd');
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.25;
  context.setLineDash([4, 3]);
  context.stroke();
  context.setLineDash([]);
}

/** From the recorded subject to where the drawn one would lie. */
function journey(
  context: Context,
  view: View,
  from: readonly [number, number],
  to: readonly [number, number],
  palette: Palette,
): void {
  context.beginPath();
  context.moveTo(...toPixel(view, ...from));
  context.lineTo(...toPixel(view, ...to));
  context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  context.stroke();
}

function ring(context: Context, [x, y]: readonly [number, number], palette: Palette): void {
  for (const [colour, width] of [
    [palette.panel, 4.5],
    [palette.accent, 2],
  ] as const) {
    context.beginPath();
    context.arc(x, y, RING_PX, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

function diamond(context: Context, [x, y]: readonly [number, number], palette: Palette): void {
  const r = 6;
  context.beginPath();
  context.moveTo(x, y - r);
  context.lineTo(x + r, y);
  context.lineTo(x, y + r);
  context.lineTo(x - r, y);
  context.closePath();
  context.fillStyle = palette.accent;
  context.strokeStyle = palette.panel;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}
