/** A small map: everyone as grey dots, and a path across it from end A to end B. */

import { pack, type Palette } from '../lib/colour';
import { describe, fit, frames, offscreen, surface, type Surface } from './canvas';
import type { Handle } from './handle';
import { mix } from './stamp';
import { extentOf, fitView, toPixel, type View } from './view';

export interface PathMapData {
  /** x0, y0, x1, y1, ...; NaN where a subject has no place on this map. */
  points: Float32Array;
  /** Places of the path from A to B. */
  path: readonly (readonly [number, number])[];
  now: readonly [number, number] | null;
  palette: Palette;
  label: string;
  height: number;
}

/** More dots than that are thinned: the small map shows a shape, not people. */
const MOST_DOTS = 40_000;
const DOT_PX = 1.2;
const STOP_PX = 3;
const NOW_PX = 6;
const BLENDED = 256;

export function pathMap(host: HTMLElement, data: PathMapData): Handle<PathMapData> {
  const shown = surface(host, data.label);
  const behind = offscreen();
  let current = data;
  let view: View | null = null;
  const frame = frames(() => {
    const { points, height } = current;
    const width = host.clientWidth;
    describe(shown.canvas, current.label);
    fit(shown, width, height);
    if (!view) {
      view = fitView(extentOf(points), width, height);
      drawDots(behind, current, view);
    }
    shown.context.drawImage(behind.canvas, 0, 0, width, height);
    drawPath(shown.context, current, view);
    drawNow(shown.context, current, view);
  });
  const anew = () => {
    view = null;
    frame.ask();
  };
  anew();
  return {
    set(changed) {
      const before = current;
      current = { ...current, ...changed };
      if (before.points !== current.points || before.palette !== current.palette) view = null;
      frame.ask();
    },
    resize: anew,
    destroy() {
      frame.cancel();
      shown.canvas.remove();
    },
  };
}

function drawDots(behind: Surface, { points, palette }: PathMapData, view: View): void {
  const { context } = behind;
  fit(behind, view.width, view.height);
  context.fillStyle = palette.sunk;
  context.fillRect(0, 0, view.width, view.height);
  context.fillStyle = palette.mark;
  const stride = 2 * Math.ceil(points.length / 2 / MOST_DOTS);
  for (let i = 0; i < points.length; i += stride) {
    const [x, y] = toPixel(view, points[i] ?? NaN, points[i + 1] ?? NaN);
    context.fillRect(x - DOT_PX / 2, y - DOT_PX / 2, DOT_PX, DOT_PX);
  }
}

function drawNow(context: CanvasRenderingContext2D, { now, palette }: PathMapData, view: View): void {
  if (!now) return;
  const [x, y] = toPixel(view, ...now);
  context.strokeStyle = palette.accent;
  context.lineWidth = 2;
  disc(context, x, y, NOW_PX);
  context.stroke();
}

function drawPath(context: CanvasRenderingContext2D, { path, palette }: PathMapData, view: View): void {
  const at = path.map(([x, y]) => toPixel(view, x, y));
  context.strokeStyle = palette.ink3;
  context.lineWidth = 1;
  context.beginPath();
  for (const [x, y] of at) context.lineTo(x, y);
  context.stroke();
  at.forEach(([x, y], i) => {
    const share = Math.round((BLENDED * i) / Math.max(at.length - 1, 1));
    context.fillStyle = css(mix(pack(palette.groupA), pack(palette.groupB), share));
    disc(context, x, y, STOP_PX);
    context.fill();
  });
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

function css(pixel: number): string {
  return `rgb(${pixel & 0xff} ${(pixel >> 8) & 0xff} ${(pixel >> 16) & 0xff})`;
}
