/** Survival curves as they fall from all, or as they rise from nobody, with an axis that few events can be seen on. */

import type { Survival } from '../backend/backend';

/** Without the event, from 100 % down; or with it (1 - Kaplan-Meier), from 0 % up. */
export type CurveShape = 'survival' | 'incidence';

/** Curves as they are drawn: shares on an axis from 0 to `top`, with a line at each of `marks`. */
export interface ShapedCurves {
  shape: CurveShape;
  found: Survival;
  top: number;
  marks: readonly number[];
  /** What the axis says. */
  title: string;
  /** What a reader must know of this shape. */
  note: string;
}

export const SHAPES: { value: CurveShape; text: string; title: string }[] = [
  { value: 'survival', text: 'Event-free', title: 'Event-free, without the event: survival, from 100 % down' },
  { value: 'incidence', text: 'With event', title: 'With event, with the event: cumulative incidence, from 0 % up' },
];

/** Ends of the rising axis, and the steps of its marks. */
const AXES: readonly [number, number][] = [
  [0.05, 0.01],
  [0.1, 0.02],
  [0.2, 0.05],
  [0.3, 0.1],
  [0.5, 0.1],
  [1, 0.25],
];
const RARE = 0.7;
const COMPETING =
  'With the event: 1 − Kaplan-Meier. Who died of something else counts as no longer followed, so it is too high where many did.';

/** Where fewer than 30 % had the event the curves of an axis from 0 look flat: they rise (Pocock, Clayton & Altman 2002, Lancet 359: 1686). */
export function suited({ groups }: Survival): CurveShape {
  const told = groups.flatMap(({ share }) => share.filter((left) => left !== null));
  return told.length && Math.min(...told) > RARE ? 'incidence' : 'survival';
}

export function shaped(found: Survival, shape: CurveShape): ShapedCurves {
  if (shape === 'survival') return { shape, found, ...axis([1, 0.25]), title: 'Without the event', note: '' };
  const rising = { ...found, groups: found.groups.map(risen) };
  const highest = Math.max(
    0,
    ...rising.groups.flatMap(({ share, high }) => [...share, ...high].map((end) => end ?? 0)),
  );
  const end = AXES.find(([top]) => top >= highest - 1e-9) ?? [1, 0.25];
  return { shape, found: rising, ...axis(end), title: 'With the event', note: COMPETING };
}

function axis([top, step]: readonly [number, number]): { top: number; marks: number[] } {
  return { top, marks: Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step) };
}

function risen(group: Survival['groups'][number]): Survival['groups'][number] {
  return { ...group, share: group.share.map(rest), low: group.high.map(rest), high: group.low.map(rest) };
}

function rest(share: number | null): number | null {
  return share === null ? null : 1 - share;
}
