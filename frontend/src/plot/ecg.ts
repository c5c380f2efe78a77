/** An ECG on paper: twelve leads as 3 rows of 4, or a strip of rhythm. */

import type { Palette } from '../lib/colour';
import { density, describe, fitPixels, frames, offscreen, surface, type Surface } from './canvas';
import {
  lengthMm,
  MM_PER_SECOND,
  PULSE_MM,
  roomier,
  scaleWords,
  sheetOf,
  spread,
  type Arrangement,
  type Sheet,
} from './ecg-layout';
import { boundsOf, leadsOf, type Leads, type Trace } from './ecg-leads';
import { drawNames, drawPaper, drawPulses, drawSeams, drawTraces, fillBetween } from './ecg-paper';
import type { Handle } from './handle';

export type { Trace } from './ecg-leads';

export interface EcgData {
  traces: readonly Trace[];
  /** Whole pixels for a millimetre of paper; 2 is a thumbnail. */
  pixelsPerMm: number;
  layout: Arrangement | 'rhythm';
  /** Least height of the paper in mm. */
  height?: number;
  /** Tint what lies between recorded and now. */
  fill: boolean;
  /** Drawn between recorded and now, in colours of their own. */
  compared?: readonly { traces: readonly Trace[]; colour: string }[];
  palette: Palette;
  label?: string;
}

const NAME_PX = 11;
const SMALL_NAME_PX = 9;

interface Drawing {
  data: EcgData;
  /** As small as the leads allow, and as it is drawn. */
  least: Sheet;
  sheet: Sheet;
  base: Leads;
  now: Leads;
  compared: readonly { leads: Leads; colour: string }[];
  /** Lower and upper bounds of what is drawn now. */
  band: readonly [Leads, Leads];
  /** Pixels of the screen for a millimetre, and for a hairline. */
  mm: number;
  line: number;
}

/** Draws into `host`; a sheet wider than the host is scrolled sideways. */
export function ecg(host: HTMLElement, data: EcgData): Handle<EcgData> {
  const shown = surface(host);
  const behind = offscreen();
  host.style.overflowX = 'auto';
  let current = data;
  let drawing: Drawing | null = null;
  let stale = true;
  const frame = frames(() => {
    const next = prepare(current, drawing);
    if (stale || !sameRows(drawing, next)) drawBehind(behind, next);
    drawing = next;
    stale = false;
    drawNow(shown, behind, next);
    describe(shown.canvas, words(next));
  });
  frame.ask();
  return {
    set(changed) {
      const before = current;
      current = { ...current, ...changed };
      stale ||= behindDiffers(before, current);
      frame.ask();
    },
    resize() {
      if (drawing && drawing.mm === pixelsOf(current)) return;
      stale = true;
      frame.ask();
    },
    destroy() {
      frame.cancel();
      shown.canvas.remove();
    },
  };
}

/** Paper and recorded traces stay as they are while only the drawn traces change. */
function behindDiffers(before: EcgData, after: EcgData): boolean {
  if (before.palette !== after.palette || before.pixelsPerMm !== after.pixelsPerMm || before.layout !== after.layout)
    return true;
  return namesOf(before) !== namesOf(after) || !sameValues(recorded(before), recorded(after));
}

/** Whether no row has moved since the paper was drawn. */
function sameRows(before: Drawing | null, { sheet }: Drawing): boolean {
  return before?.sheet.height === sheet.height && before.sheet.rows.join() === sheet.rows.join();
}

function namesOf({ traces }: EcgData): string {
  return traces.flatMap((trace) => trace.leads).join();
}

function recorded(data: EcgData): Trace[] {
  return data.traces.filter((trace) => trace.role === 'recorded' || trace.role === 'truth');
}

function sameValues(a: readonly Trace[], b: readonly Trace[]): boolean {
  return a.length === b.length && a.every((trace, i) => trace.values === b[i]?.values);
}

function prepare(data: EcgData, before: Drawing | null): Drawing {
  const same =
    before !== null && before.data.layout === data.layout && sameValues(recorded(before.data), recorded(data));
  const base = same ? before.base : leadsOf(data.traces, ['recorded', 'truth']);
  const now = leadsOf(data.traces, ['now']);
  const compared = (data.compared ?? []).map(({ traces, colour }) => ({ leads: leadsOf(traces, ['now']), colour }));
  const layers = [base, now, ...compared.map((one) => one.leads)];
  const fresh = data.layout === 'rhythm' ? stripOf(base.size ? base : now) : sheetOf(layers, data.layout);
  const least = same ? roomier(fresh, before.least) : fresh;
  const sheet = spread(least, data.height ?? 0);
  const band = [boundsOf(data.traces, 'low'), boundsOf(data.traces, 'high')] as const;
  const line = Math.max(1, Math.floor(density()));
  return { data, least, sheet, base, now, compared, band, mm: pixelsOf(data), line };
}

/** One row as long as the recording. */
function stripOf(leads: Leads): Sheet {
  const sheet = sheetOf([new Map([...leads].slice(0, 1))]);
  const longest = Math.max(1, ...[...leads.values()].map(lengthMm));
  return { ...sheet, width: PULSE_MM + Math.ceil(longest - 1e-6) };
}

function pixelsOf(data: EcgData): number {
  return Math.max(1, Math.floor(data.pixelsPerMm * density() + 1e-6));
}

function widthOf({ sheet, mm }: Drawing): number {
  return Math.round(sheet.width * mm);
}

function heightOf({ sheet, mm, line }: Drawing): number {
  return sheet.height * mm + line;
}

function drawBehind({ canvas, context }: Surface, drawing: Drawing): void {
  const { data, sheet, base, mm, line } = drawing;
  const { palette } = data;
  canvas.width = widthOf(drawing);
  canvas.height = heightOf(drawing);
  drawPaper(context, canvas.width, canvas.height, mm, line, palette);
  context.lineJoin = 'round';
  context.lineWidth = line;
  context.strokeStyle = palette.ink3;
  drawPulses(context, sheet, mm);
  if (sheet.places.length > 1) drawSeams(context, sheet, mm);
  context.strokeStyle = palette.trace;
  context.lineWidth = traceWidth(mm);
  drawTraces(context, sheet, base, mm);
  context.strokeStyle = palette.paper;
  context.lineWidth = 3 * line;
  context.fillStyle = palette.ink;
  drawNames(context, sheet, mm, (mm > 2 * line ? NAME_PX : SMALL_NAME_PX) * density());
}

function drawNow({ canvas, context }: Surface, behind: Surface, drawing: Drawing): void {
  const { data, sheet, base, now, band, mm } = drawing;
  fitPixels(canvas, behind.canvas.width, behind.canvas.height);
  context.drawImage(behind.canvas, 0, 0);
  context.lineJoin = 'round';
  if (band[0].size) {
    context.fillStyle = data.palette.bandWash;
    fillBetween(context, sheet, ...band, mm);
  }
  if (data.fill && base.size && now.size) {
    context.fillStyle = data.palette.accentWash;
    fillBetween(context, sheet, base, now, mm);
  }
  for (const { leads, colour } of drawing.compared) {
    context.strokeStyle = colour;
    context.lineWidth = traceWidth(mm);
    drawTraces(context, sheet, leads, mm);
  }
  context.strokeStyle = data.palette.now;
  context.lineWidth = traceWidth(mm);
  drawTraces(context, sheet, now, mm);
}

/** About a third of a millimetre, as a pen draws. */
function traceWidth(mm: number): number {
  return Math.max(1, 0.36 * mm);
}

function words({ data, sheet }: Drawing): string {
  const seconds = Math.round((sheet.width - PULSE_MM) / MM_PER_SECOND);
  const what =
    data.layout === 'rhythm' ? `rhythm of ${seconds} seconds` : `ECG, ${sheet.places.map((p) => p.lead).join(', ')}`;
  return `${data.label ?? ''} ${what}; ${scaleWords(sheet.places.map((place) => place.lead))}`.trim();
}
