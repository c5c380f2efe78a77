/** The picture of a strip. */

import { axisEnd } from './axis-end';
import type { StripData } from './strip';
import { INSET_PX, pixelOf } from './strip-scale';

type Context = CanvasRenderingContext2D;
export const STRIP_PX = 28;
const BASE = 20;
const TALL = 17;
const DOT_PX = 5;
const MOVED_PX = 6;
/** Less than this share of the domain is no movement. */
const STILL = 1e-6;

export interface StripState {
  held: boolean;
  focused: boolean;
}

export function drawStrip(context: Context, data: StripData, width: number, state: StripState): void {
  const { palette, domain, source, now, lines = [] } = data;
  const selected = data.selectedDensity ? [data.selectedDensity] : [];
  const most = axisEnd(
    peak(data.density),
    Math.max(0, ...[...selected, ...lines.map((each) => each.density)].map(peak)),
  );
  context.clearRect(0, 0, width, STRIP_PX);
  context.fillStyle = palette.area;
  curve(context, data.density, width, most);
  context.lineTo(width - INSET_PX, BASE);
  context.lineTo(INSET_PX, BASE);
  context.fill();
  for (const { colour, density } of lines) {
    curve(context, density, width, most);
    stroke(context, colour, 1.25);
  }
  if (data.selectedDensity) {
    curve(context, data.selectedDensity, width, most);
    stroke(context, palette.accent, 1.25);
  }
  line(context, INSET_PX, width - INSET_PX, palette.rule2, 1);
  const [from, to] = [pixelOf(source, domain, width), pixelOf(now, domain, width)];
  const moved = Math.abs(now - source) > STILL * (domain[1] - domain[0]);
  if (moved) {
    line(context, from, to, palette.accent, 2);
    dot(context, from, DOT_PX - 1, palette.panel, palette.mark);
  }
  if (state.focused) dot(context, to, MOVED_PX + 2.5, palette.panel, palette.accent);
  if (moved || state.held) dot(context, to, MOVED_PX, palette.accent, palette.accent);
  else dot(context, to, DOT_PX, palette.panel, palette.ink2);
}

function peak(density: Float32Array): number {
  return density.reduce((a, b) => (b > a ? b : a), 0);
}

function curve(context: Context, density: Float32Array, width: number, most: number): void {
  const room = width - 2 * INSET_PX;
  const last = Math.max(1, density.length - 1);
  context.beginPath();
  density.forEach((value, i) => context.lineTo(INSET_PX + (i / last) * room, BASE - Math.min(value / most, 1) * TALL));
}

function stroke(context: Context, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function line(context: Context, from: number, to: number, colour: string, width: number): void {
  context.fillStyle = colour;
  context.fillRect(Math.min(from, to), BASE - width / 2 + 0.5, Math.abs(to - from), width);
}

function dot(context: Context, x: number, radius: number, fill: string, edge: string): void {
  context.beginPath();
  context.arc(x, BASE + 0.5, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  stroke(context, edge, 1.5);
}
