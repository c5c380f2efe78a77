/** Pink paper, calibration pulse, names and traces; all lengths in millimetres times `mm` pixels. */

import type { Palette } from '../lib/colour';
import { MM_PER_SECOND, type Place, type Sheet } from './ecg-layout';
import type { Lead, Leads } from './ecg-leads';
import { polyline, type Polyline } from './polyline';

type Context = CanvasRenderingContext2D;
/** Below this many pixels a millimetre only the 5 mm lines are drawn. */
const FINE_PX = 3;
const NAME_RIGHT_MM = 1.4;
const NAME_UP_MM = 5.5;
const PULSE_LEFT_MM = 1.5;
const PULSE_WIDTH_MM = 5;

export function drawPaper(
  context: Context,
  width: number,
  height: number,
  mm: number,
  line: number,
  palette: Palette,
): void {
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  if (mm >= FINE_PX * line) drawLines(context, width, height, mm, line, palette.paper1);
  drawLines(context, width, height, 5 * mm, line, palette.paper5);
}

function drawLines(context: Context, width: number, height: number, every: number, line: number, colour: string): void {
  context.fillStyle = colour;
  for (let x = 0; x < width; x += every) context.fillRect(x, 0, line, height);
  for (let y = 0; y < height; y += every) context.fillRect(0, y, width, line);
}

/** 1 mV at each height of `sheet.pulse`, stepping down, at the left of every row. */
export function drawPulses(context: Context, sheet: Sheet, mm: number): void {
  const wide = PULSE_WIDTH_MM / Math.max(1, sheet.pulse.length);
  context.beginPath();
  for (const y of sheet.rows) {
    let x = PULSE_LEFT_MM;
    context.moveTo(whole((x - 1) * mm), whole(y * mm));
    context.lineTo(whole(x * mm), whole(y * mm));
    for (const high of sheet.pulse) {
      context.lineTo(whole(x * mm), whole((y - high) * mm));
      x += wide;
      context.lineTo(whole(x * mm), whole((y - high) * mm));
    }
    context.lineTo(whole(x * mm), whole(y * mm));
  }
  context.stroke();
}

/** Over a rim of paper, so that a steep trace behind a name leaves it readable. */
export function drawNames(context: Context, sheet: Sheet, mm: number, size: number): void {
  context.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = 'alphabetic';
  for (const { lead, x, y } of sheet.places) {
    const at: [number, number] = [Math.round((x + NAME_RIGHT_MM) * mm), Math.round((y - NAME_UP_MM) * mm)];
    context.strokeText(lead, ...at);
    context.fillText(lead, ...at);
  }
}

/** A short upright stroke where one lead ends and the next begins. */
export function drawSeams(context: Context, sheet: Sheet, mm: number): void {
  context.beginPath();
  for (const { x, y } of sheet.places) {
    context.moveTo(whole(x * mm), whole((y - 1) * mm));
    context.lineTo(whole(x * mm), whole((y + 1) * mm));
  }
  context.stroke();
}

export function drawTraces(context: Context, sheet: Sheet, leads: Leads, mm: number): void {
  context.beginPath();
  for (const place of sheet.places) {
    const lead = leads.get(place.lead);
    if (lead) trace(context, lineOf(place, lead, mm));
  }
  context.stroke();
}

/** Fills what lies between two traces of the same lead. */
export function fillBetween(context: Context, sheet: Sheet, one: Leads, other: Leads, mm: number): void {
  context.beginPath();
  for (const place of sheet.places) {
    const a = one.get(place.lead);
    const b = other.get(place.lead);
    if (!a || !b || a.values.length !== b.values.length) continue;
    trace(context, lineOf(place, a, mm));
    traceBack(context, lineOf(place, b, mm));
  }
  context.fill();
}

function lineOf({ x, y, gain }: Place, { values, step }: Lead, mm: number): Polyline {
  return polyline(values, [x * mm, step * MM_PER_SECOND * mm], [y * mm, -gain * mm]);
}

function trace(context: Context, { points, length }: Polyline): void {
  if (length) context.moveTo(points[0] ?? 0, points[1] ?? 0);
  for (let i = 2; i < length; i += 2) context.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
}

function traceBack(context: Context, { points, length }: Polyline): void {
  for (let i = length - 2; i >= 0; i -= 2) context.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
  context.closePath();
}

function whole(pixels: number): number {
  return Math.round(pixels) + 0.5;
}
