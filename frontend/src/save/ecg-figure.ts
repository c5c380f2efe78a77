/** An ECG on paper as vectors in millimetres: printed at its own size, it can be measured with a ruler. */

import type { Palette } from '../lib/colour';
import { MM_PER_SECOND, scaleWords, sheetOf, type Place, type Sheet } from '../plot/ecg-layout';
import { boundsOf, leadsOf, type Lead, type Leads, type Trace } from '../plot/ecg-leads';
import type { Figure } from './figure';
import { lineThrough, tag, words } from './svg';

export interface EcgPicture {
  title: string;
  /** What the grey and the blue line are; empty where there is none. */
  base: string;
  now: string;
  traces: readonly Trace[];
  palette: Palette;
  methods: string;
}

const HAIR = 0.1;
const FINE = 0.06;
const PEN = 0.3;
const NAME = 2.9;
const NAME_RIGHT = 1.4;
const NAME_UP = 5.5;
const PULSE_LEFT = 1.5;
const PULSE_WIDE = 5;
/** The row below the paper that says what the lines are. */
const KEY = 6;

export function ecgFigure({ title, base, now, traces, palette, methods }: EcgPicture): Figure {
  const layers = [leadsOf(traces, ['recorded']), leadsOf(traces, ['now'])] as const;
  const bounds = [boundsOf(traces, 'low'), boundsOf(traces, 'high')] as const;
  const sheet = sheetOf([...layers, ...bounds]);
  const band = bandOf(sheet, ...bounds);
  const pen = { fill: 'none', 'stroke-width': PEN, 'stroke-linejoin': 'round' };
  const body = [
    paper(sheet, palette),
    tag('path', { d: pulses(sheet), fill: 'none', stroke: palette.ink3, 'stroke-width': 0.2 }),
    band ? tag('path', { d: band, fill: palette.now, 'fill-opacity': 0.2 }) : '',
    ...drawn(sheet, layers[0], 'before', { ...pen, stroke: palette.trace }),
    ...drawn(sheet, layers[1], 'now', { ...pen, stroke: palette.now }),
    ...sheet.places.map((place) => named(place, palette)),
    key(sheet, { base, now: band ? `${now}, 90 % band` : now }, palette),
  ];
  const common = { title, detail: '', generated: layers[1].size > 0, methods, palette };
  return { ...common, width: sheet.width, height: sheet.height + KEY, unit: 'mm', body: body.join('') };
}

function paper({ width, height }: Sheet, palette: Palette): string {
  const lines = (every: number) => {
    let d = '';
    for (let x = 0; x <= width; x += every) d += `M${x} 0V${height}`;
    for (let y = 0; y <= height; y += every) d += `M0 ${y}H${width}`;
    return d;
  };
  return (
    tag('rect', { width, height, fill: palette.paper }) +
    tag('path', { d: lines(1), stroke: palette.paper1, 'stroke-width': FINE }) +
    tag('path', { d: lines(5), stroke: palette.paper5, 'stroke-width': HAIR })
  );
}

/** 1 mV at each gain of the sheet, at the left of every row. */
function pulses({ rows, pulse }: Sheet): string {
  const wide = PULSE_WIDE / Math.max(1, pulse.length);
  return rows
    .map((y) => {
      const steps = pulse.map((high, i) => `V${y - high}H${PULSE_LEFT + (i + 1) * wide}`);
      return `M${PULSE_LEFT - 1} ${y}H${PULSE_LEFT}${steps.join('')}V${y}`;
    })
    .join('');
}

/** One path for each lead, named so that a reader of the file finds it. */
function drawn(sheet: Sheet, leads: Leads, role: string, look: Record<string, string | number>): string[] {
  return sheet.places.flatMap((place) => {
    const lead = leads.get(place.lead);
    const id = `${role}-${place.lead.replace(/[^A-Za-z0-9]+/g, '-')}`;
    return lead ? [tag('path', { id, d: lineThrough(points(place, lead)), ...look })] : [];
  });
}

/** Every sample in millimetres of paper. */
export function points({ x, y, gain }: Place, { values, step }: Lead): Float64Array {
  const line = new Float64Array(2 * values.length);
  values.forEach((value, i) => line.set([x + i * step * MM_PER_SECOND, y - value * gain], 2 * i));
  return line;
}

function bandOf(sheet: Sheet, low: Leads, high: Leads): string {
  return sheet.places
    .map((place) => {
      const [below, above] = [low.get(place.lead), high.get(place.lead)];
      if (!below || !above || below.values.length !== above.values.length) return '';
      const back = { ...below, values: below.values.slice().reverse() };
      const there = points(place, above);
      const again = points(place, back).map((value, i) => (i % 2 ? value : (there.at(-2 - i) ?? NaN)));
      return there.some(Number.isNaN) || again.some(Number.isNaN) ? '' : `${lineThrough([...there, ...again])}Z`;
    })
    .join('');
}

function named({ lead, x, y }: Place, palette: Palette): string {
  const type = { size: NAME, fill: palette.ink, weight: 600, seam: palette.paper } as const;
  return words(x + NAME_RIGHT, y - NAME_UP, lead, type);
}

/** Names of the two lines at the left, scale at the right. */
function key(
  { width, height, places }: Sheet,
  { base, now }: Pick<EcgPicture, 'base' | 'now'>,
  palette: Palette,
): string {
  const type = { size: NAME, fill: palette.ink2 };
  const y = height + 4.2;
  const line = (x: number, stroke: string) => tag('path', { d: `M${x} ${y - 1}h5`, stroke, 'stroke-width': 0.5 });
  const shown = [
    { text: base, colour: palette.trace },
    { text: now, colour: palette.now },
  ].filter(({ text }) => text);
  const parts = shown.map(({ text, colour }, i) => line(i * 32, colour) + words(6.5 + i * 32, y, text, type));
  return parts.join('') + words(width, y, scaleWords(places.map((place) => place.lead)), { ...type, anchor: 'end' });
}
