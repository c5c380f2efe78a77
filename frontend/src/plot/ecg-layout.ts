/** Where each lead lies on the sheet, in millimetres of paper. */

import { gainOf, isChest, type Lead, type Leads } from './ecg-leads';

export const MM_PER_SECOND = 25;
/** Room of the calibration pulse at the left. */
export const PULSE_MM = 8;
/** Rows x columns, as cardiologists read them: wide, or narrow with the limb leads at the left. */
export type Arrangement = '3x4' | '6x2';
const STANDARD: Readonly<Record<Arrangement, readonly (readonly string[])[]>> = {
  '3x4': [
    ['I', 'II', 'III'],
    ['aVR', 'aVL', 'aVF'],
    ['V1', 'V2', 'V3'],
    ['V4', 'V5', 'V6'],
  ],
  '6x2': [
    ['I', 'II', 'III', 'aVR', 'aVL', 'aVF'],
    ['V1', 'V2', 'V3', 'V4', 'V5', 'V6'],
  ],
};
/** Least paper above the first baseline (pulse and name), between baselines, and below the last. */
const ABOVE_MM = 13;
const BETWEEN_MM: Readonly<Record<Arrangement, number>> = { '3x4': 18, '6x2': 14 };
const BELOW_MM = 5;
/** Room for the name of a lead above what the lead itself draws at its left end. */
const NAME_MM = 8;
/** Empty paper that stays between two traces, and the time to both sides in which they must not meet. */
const GAP_MM = 2;
const REACH_MM = 2;
/** No sheet grows beyond this for one lead: what is higher runs over its neighbours, as on paper. */
const MOST_MM = 40;
/** Where in its band a baseline lies when rows are spread evenly: ECGs reach higher than low. */
const BASELINE = 0.6;

export interface Place {
  lead: string;
  /** Left end and baseline. */
  x: number;
  y: number;
  gain: number;
}

export interface Sheet {
  width: number;
  height: number;
  /** Baselines of the rows. */
  rows: readonly number[];
  places: readonly Place[];
  /** Heights of the pulse for 1 mV, highest first; two where limb and chest leads differ. */
  pulse: readonly number[];
}

/** How far a lead reaches above (negative) and below its baseline in each millimetre of its length. */
interface Outline {
  top: Float32Array;
  bottom: Float32Array;
}

/** Columns of lead names; columns and rows of which nothing is present are left out. */
export function columnsOf(names: Iterable<string>, arrangement: Arrangement = '3x4'): string[][] {
  const present = new Set(names);
  const wanted = STANDARD[arrangement];
  const height = wanted[0]?.length ?? 1;
  const standard = wanted.map((column) => column.map((lead) => (present.has(lead) ? lead : '')));
  const known = new Set(wanted.flat());
  const other = [...present].filter((name) => !known.has(name));
  const rows = [...Array(height).keys()].filter((row) => standard.some((column) => column[row]));
  const columns = standard
    .filter((column) => column.some(Boolean))
    .map((column) => rows.map((row) => column[row] ?? ''));
  for (let i = 0; i < other.length; i += height) columns.push(other.slice(i, i + height));
  return columns;
}

/** Lays the leads out so that no real amplitude meets the row above or below. `layers` hold what is drawn on one place. */
export function sheetOf(layers: readonly Leads[], arrangement: Arrangement = '3x4'): Sheet {
  const columns = columnsOf(
    layers.flatMap((leads) => [...leads.keys()]),
    arrangement,
  );
  const step = columnMm(layers);
  const outlines = columns.map((column) => column.map((lead) => outlineOf(lead, layers, step)));
  const count = Math.max(1, ...columns.map((column) => column.length));
  const rows = baselines(outlines, count, BETWEEN_MM[arrangement]);
  const places = columns.flatMap((column, c) =>
    column.map((lead, r) => ({ lead, x: PULSE_MM + c * step, y: rows[r] ?? 0, gain: gainOf(lead) })),
  );
  const below = Math.max(BELOW_MM, ...outlines.map((column) => deepest(column[count - 1]) + 1));
  const kinds = places.filter((place) => place.lead);
  const pulse = [...new Set(kinds.map((place) => place.gain))].sort((a, b) => b - a);
  const height = Math.ceil((rows.at(-1) ?? 0) + Math.min(below, MOST_MM));
  return { width: PULSE_MM + columns.length * step, height, rows, places: kinds, pulse };
}

/** The same sheet, never smaller than before: a dragged dot must not make the page jump. */
export function roomier(sheet: Sheet, before: Sheet): Sheet {
  if (sheet.rows.length !== before.rows.length || sheet.width !== before.width) return sheet;
  const gaps = sheet.rows.map((y, i) => Math.max(gap(sheet.rows, i, y), gap(before.rows, i, before.rows[i] ?? 0)));
  const rows = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((a, b) => a + b, 0));
  const below = Math.max(sheet.height - (sheet.rows.at(-1) ?? 0), before.height - (before.rows.at(-1) ?? 0));
  const moved = new Map(sheet.rows.map((y, i) => [y, rows[i] ?? y]));
  const places = sheet.places.map((place) => ({ ...place, y: moved.get(place.y) ?? place.y }));
  return { ...sheet, rows, places, height: (rows.at(-1) ?? 0) + below };
}

/** The same leads on at least `height` mm of paper: evenly spread where nothing meets then, so that a sheet keeps its
 *  rows while a dot is dragged, else with what is left shared out. */
export function spread(sheet: Sheet, height: number): Sheet {
  const n = sheet.rows.length;
  if (height <= sheet.height) return sheet;
  const even = sheet.rows.map((_, i) => Math.round((height * (i + BASELINE)) / n));
  const below = sheet.height - (sheet.rows.at(-1) ?? 0);
  const fits = even.every((y, i) => gap(even, i, y) >= gap(sheet.rows, i, sheet.rows[i] ?? 0));
  const rest = height - sheet.height;
  const shared = sheet.rows.map((y, i) => y + Math.floor((rest * (i + BASELINE)) / n));
  const rows = fits && height - (even.at(-1) ?? 0) >= below ? even : shared;
  const moved = new Map(sheet.rows.map((y, i) => [y, rows[i] ?? y]));
  const places = sheet.places.map((place) => ({ ...place, y: moved.get(place.y) ?? place.y }));
  return { ...sheet, rows, places, height };
}

function gap(rows: readonly number[], i: number, y: number): number {
  return y - (rows[i - 1] ?? 0);
}

function columnMm(layers: readonly Leads[]): number {
  const lengths = layers.flatMap((leads) => [...leads.values()].map(lengthMm));
  return Math.ceil(Math.max(1, ...lengths) - 1e-6);
}

export function lengthMm({ values, step }: Lead): number {
  return values.length * step * MM_PER_SECOND;
}

function outlineOf(lead: string, layers: readonly Leads[], length: number): Outline {
  const outline = { top: new Float32Array(length), bottom: new Float32Array(length) };
  if (!lead) return outline;
  for (const leads of layers) {
    const found = leads.get(lead);
    if (found) include(found, gainOf(lead), outline);
  }
  for (let mm = 0; mm < NAME_MM; mm++) outline.top[mm] = Math.min(outline.top[mm] ?? 0, -NAME_MM);
  return outline;
}

function include({ values, step }: Lead, gain: number, { top, bottom }: Outline): void {
  for (let i = 0; i < values.length; i++) {
    const mm = Math.min(Math.floor(i * step * MM_PER_SECOND + 1e-9), top.length - 1);
    const y = -(values[i] ?? 0) * gain;
    if (y < (top[mm] ?? 0)) top[mm] = Math.max(y, -MOST_MM);
    else if (y > (bottom[mm] ?? 0)) bottom[mm] = Math.min(y, MOST_MM);
  }
}

/** Whole millimetres, so that baselines lie on the grid. */
function baselines(outlines: readonly (readonly Outline[])[], count: number, least: number): number[] {
  const highest = Math.max(0, ...outlines.map((column) => -Math.min(0, ...(column[0]?.top ?? []))));
  const rows = [Math.ceil(Math.max(ABOVE_MM, highest + 1))];
  for (let r = 1; r < count; r++) {
    const apart = Math.max(least, ...outlines.map((column) => distance(column[r - 1], column[r])));
    rows.push((rows[r - 1] ?? 0) + Math.ceil(apart));
  }
  return rows;
}

function distance(upper: Outline | undefined, lower: Outline | undefined): number {
  if (!upper || !lower) return 0;
  let most = 0;
  upper.bottom.forEach((down, mm) => {
    const near = lower.top.subarray(Math.max(0, mm - REACH_MM), mm + REACH_MM + 1);
    most = Math.max(most, down - Math.min(...near) + GAP_MM);
  });
  return most;
}

function deepest(outline: Outline | undefined): number {
  return outline ? Math.max(0, ...outline.bottom) : 0;
}

/** Speed and gain of the paper, for the words beside it. */
export function scaleWords(leads: readonly string[]): string {
  const chest = leads.some(isChest);
  const limb = leads.some((lead) => !isChest(lead));
  if (chest && limb) return `${MM_PER_SECOND} mm/s · limb ${gainOf('I')}, chest ${gainOf('V1')} mm/mV`;
  return `${MM_PER_SECOND} mm/s · ${gainOf(chest ? 'V1' : 'I')} mm/mV`;
}
