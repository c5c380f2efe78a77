/** A thumbnail of lines, one below the other: a few leads of an ECG, or the values of a vector. */

import type { Palette } from '../lib/colour';
import { burn } from './burn';
import { fit, pictured, type Surface } from './canvas';
import type { Handle } from './handle';
import { polyline } from './polyline';

export interface TileLine {
  name: string;
  values: Float32Array;
  /** Values at the lower and upper edge of its band; the same for every tile of a row. */
  range: readonly [number, number];
}

export interface LineTileData {
  lines: readonly TileLine[];
  /** Drawn by the model: dashed edge, blue line. */
  generated: boolean;
  burn: string;
  palette: Palette;
  label: string;
  /** CSS pixels. */
  height: number;
}

const NAME_PX = 9;
const INSET_PX = 3;

export function lineTile(host: HTMLElement, data: LineTileData): Handle<LineTileData> {
  return pictured(host, data, draw);
}

function draw(shown: Surface, data: LineTileData, width: number): void {
  const { context } = shown;
  const { palette, lines, height } = data;
  fit(shown, width, height);
  context.fillStyle = palette.sunk;
  context.fillRect(0, 0, width, height);
  const band = height / Math.max(lines.length, 1);
  context.lineWidth = 1.25;
  context.lineJoin = 'round';
  context.strokeStyle = data.generated ? palette.now : palette.ink2;
  context.fillStyle = palette.ink3;
  context.font = `${NAME_PX}px system-ui, sans-serif`;
  lines.forEach(({ name, values, range: [low, high] }, i) => {
    const scale = (band - 2 * INSET_PX) / (high - low || 1);
    const base = i * band + INSET_PX + high * scale;
    const dx = (width - 2 * INSET_PX) / Math.max(values.length - 1, 1);
    stroke(context, polyline(values, [INSET_PX, dx], [base, -scale]));
    context.save();
    context.strokeStyle = palette.sunk;
    context.lineWidth = 3;
    context.strokeText(name, INSET_PX + 1, i * band + NAME_PX + 1);
    context.restore();
    context.fillText(name, INSET_PX + 1, i * band + NAME_PX + 1);
  });
  if (data.generated) edge(context, width, height, palette.now);
  burn(shown, data.burn);
}

function stroke(context: CanvasRenderingContext2D, line: ReturnType<typeof polyline>): void {
  context.beginPath();
  for (let i = 0; i < line.length; i += 2) context.lineTo(line.points[i] ?? 0, line.points[i + 1] ?? 0);
  context.stroke();
}

function edge(context: CanvasRenderingContext2D, width: number, height: number, colour: string): void {
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.setLineDash([4, 3]);
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  context.setLineDash([]);
}
