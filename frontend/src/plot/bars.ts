/** Any vector that is neither an ECG nor a picture: grey bars for what was recorded, a blue line for what is drawn. */

import type { Palette } from '../lib/colour';
import { fit, pictured } from './canvas';
import type { Handle, Role } from './handle';
import { niceTicks } from './nice';

export interface Series {
  role: Role;
  values: Float32Array | Uint8Array;
}

export interface BarsData {
  series: readonly Series[];
  palette: Palette;
  unit?: string;
  label?: string;
  /** Of the values, written under them where there is room. */
  names?: readonly string[];
  /** CSS pixels. */
  height?: number;
}

const HEIGHT_PX = 120;
const LEFT_PX = 40;
const EDGE_PX = 6;
const TICKS = 4;
const NAMES_PX = 92;
const FEWEST_PX = 12;

export function bars(host: HTMLElement, data: BarsData): Handle<BarsData> {
  return pictured(host, data, (shown, current, width) => {
    const height = current.height ?? HEIGHT_PX;
    const named = namesThatFit(current, width);
    fit(shown, width, height + (named.length ? NAMES_PX : 0));
    draw(shown.context, current, width, height);
    write(shown.context, named, width, height, current.palette.ink3);
  });
}

/** Lowest and highest of all series, zero included; values that are not numbers do not count. */
export function rangeOf(series: readonly Series[]): [number, number] {
  let low = 0;
  let high = 0;
  for (const { values } of series) {
    for (const value of values) {
      if (value < low) low = value;
      else if (value > high) high = value;
    }
  }
  return low === high ? [low, low + 1] : [low, high];
}

/** The names, or none where there are none, or bars too narrow for a line of text. */
export function namesThatFit({ names = [] }: Pick<BarsData, 'names'>, width: number): readonly string[] {
  return names.length && (width - LEFT_PX) / names.length >= FEWEST_PX ? names : [];
}

function draw(context: CanvasRenderingContext2D, data: BarsData, width: number, height: number): void {
  const range = rangeOf(data.series);
  const at = (value: number) =>
    height - EDGE_PX - ((value - range[0]) / (range[1] - range[0])) * (height - 2 * EDGE_PX);
  context.clearRect(0, 0, width, height);
  axis(context, data, range, width, at);
  for (const one of data.series) {
    const step = (width - LEFT_PX) / Math.max(1, one.values.length);
    if (one.role === 'now') line(context, one.values, step, at, data.palette.now);
    else columns(context, one.values, step, at, data.palette.mark);
  }
}

/** Upwards, each name ending under the middle of its bar. */
function write(
  context: CanvasRenderingContext2D,
  names: readonly string[],
  width: number,
  top: number,
  colour: string,
): void {
  context.clearRect(0, top, width, names.length ? NAMES_PX : 0);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = colour;
  names.forEach((name, i) => {
    context.save();
    context.translate(LEFT_PX + ((i + 0.5) * (width - LEFT_PX)) / names.length, top);
    context.rotate(-Math.PI / 2);
    context.fillText(name, 0, 0);
    context.restore();
  });
}

type At = (value: number) => number;

function axis(
  context: CanvasRenderingContext2D,
  { palette, unit }: BarsData,
  range: [number, number],
  width: number,
  at: At,
): void {
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const ticks = niceTicks(...range, TICKS);
  for (const tick of ticks) {
    context.fillStyle = palette.ink3;
    const last = tick === ticks.at(-1) && unit ? ` ${unit}` : '';
    context.fillText(`${tick}${last}`.replace('-', '−'), LEFT_PX - 6, at(tick));
    context.fillStyle = tick === 0 ? palette.rule2 : palette.rule;
    context.fillRect(LEFT_PX, Math.round(at(tick)), width - LEFT_PX, 1);
  }
}

function columns(
  context: CanvasRenderingContext2D,
  values: Float32Array | Uint8Array,
  step: number,
  at: At,
  colour: string,
): void {
  const air = step > 4 ? 1 : 0;
  context.fillStyle = colour;
  values.forEach((value, i) => {
    const [top, bottom] = [Math.min(at(value), at(0)), Math.max(at(value), at(0))];
    context.fillRect(LEFT_PX + i * step, top, Math.max(step - air, 0.5), bottom - top);
  });
}

function line(
  context: CanvasRenderingContext2D,
  values: Float32Array | Uint8Array,
  step: number,
  at: At,
  colour: string,
): void {
  context.beginPath();
  values.forEach((value, i) => {
    context.lineTo(LEFT_PX + i * step, at(value));
    context.lineTo(LEFT_PX + (i + 1) * step, at(value));
  });
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.stroke();
}
