/** The picture of a histogram. */

import type { Tally } from '../lib/crossfilter';
import { axisEnd } from './axis-end';
import type { HistogramData } from './histogram';

type Context = CanvasRenderingContext2D;
export const HISTOGRAM_PX = 22;
/** Room below the bars for the line of the brush and its handles. */
export const BRUSH_PX = 5;
const HANDLE_PX: readonly [number, number] = [4, 12];
const LINE_PX = 3;
/** Air over the highest bin. */
const TOP_PX = 2;
const TINT = 0.14;

export function drawHistogram(
  context: Context,
  data: HistogramData,
  width: number,
  focus: 'low' | 'high' | null,
): void {
  const { palette, selected, brush, lines = [] } = data;
  const height = data.height ?? HISTOGRAM_PX;
  const shown = shares(data.shown);
  const chosen = selected ? shares(selected) : null;
  const drawn = lines.map(({ colour, counts }) => ({ colour, values: shares(counts) }));
  const most = axisEnd(Math.max(0, ...shown), Math.max(0, ...(chosen ?? []), ...drawn.flatMap(({ values }) => values)));
  const scale = (height - TOP_PX) / most;
  context.clearRect(0, 0, width, context.canvas.height);
  context.fillStyle = palette.area;
  bars(context, shown, scale, width, height);
  context.fillStyle = palette.rule2;
  context.fillRect(0, height - 1, width, 1);
  for (const { colour, values } of drawn) outline(context, stepped(values, scale, [width, height]), colour, 1.25);
  if (chosen) {
    const path = stepped(chosen, scale, [width, height]);
    context.fillStyle = palette.accent;
    context.globalAlpha = TINT;
    context.fill(path);
    context.globalAlpha = 1;
    outline(context, path, palette.accent, 1.5);
  }
  if (brush) bounds(context, data, brush, [width, height], focus);
  else if (focus) handle(context, focus === 'low' ? 2 : width - 2, height, palette.accent, true);
}

/** Shares of the total; an empty histogram stays empty. */
export function shares(counts: Tally): number[] {
  let total = 0;
  for (const count of counts) total += count || 0;
  return Array.from(counts, (count) => (total && count ? count / total : 0));
}

function bars(context: Context, values: readonly number[], scale: number, width: number, height: number): void {
  const bin = width / values.length;
  values.forEach((value, i) => {
    const left = Math.round(i * bin);
    const high = value > 0 ? Math.max(1, value * scale) : 0;
    context.fillRect(left, height - high, Math.round((i + 1) * bin) - left, high);
  });
}

function stepped(values: readonly number[], scale: number, [width, height]: readonly [number, number]): Path2D {
  const bin = width / values.length;
  const path = new Path2D();
  path.moveTo(0, height - 0.75);
  values.forEach((value, i) => {
    const y = height - 0.75 - Math.min(value * scale, height - TOP_PX) * ((height - 0.75) / height);
    path.lineTo(Math.round(i * bin), y);
    path.lineTo(Math.round((i + 1) * bin), y);
  });
  path.lineTo(width, height - 0.75);
  return path;
}

function outline(context: Context, path: Path2D, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = 'miter';
  context.stroke(path);
}

function bounds(
  context: Context,
  { edges, palette }: HistogramData,
  brush: readonly [number, number],
  [width, height]: readonly [number, number],
  focus: 'low' | 'high' | null,
): void {
  const low = edges[0] ?? 0;
  const range = (edges.at(-1) ?? 1) - low || 1;
  const at = (value: number) => Math.min(Math.max(((value - low) / range) * width, 2), width - 2);
  const [left, right] = [at(brush[0]), at(brush[1])];
  context.fillStyle = palette.accent;
  context.fillRect(left, height - 1, Math.max(1, right - left), LINE_PX);
  handle(context, left, height, palette.accent, focus === 'low');
  handle(context, right, height, palette.accent, focus === 'high');
}

function handle(context: Context, x: number, height: number, colour: string, focused: boolean): void {
  const [wide, high] = HANDLE_PX;
  const top = height + LINE_PX / 2 - 1 - high / 2;
  const left = Math.round(x - wide / 2);
  context.fillStyle = colour;
  context.fillRect(left, top, wide, high);
  if (!focused) return;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.strokeRect(left - 2.5, top - 2, wide + 5, high + 3);
}
