/** The read-outs along a walk: what is measured on the drawings, and what the codes predict. */

import type { Column, Measured, Phenotype, Predicted } from '../backend/backend';
import { numbersOf, quartiles } from '../lib/stats';

export interface Point {
  step: number;
  value: number;
}

export interface Band extends Point {
  low: number | null;
  high: number | null;
}

/** One row: a phenotype along the path. */
export interface Line {
  key: string;
  label: string;
  unit: string;
  predicted: readonly Band[];
  measured: readonly Point[];
  /** Middle half of the cohort; null of a level. */
  middle: readonly [number, number] | null;
  /** Smallest and largest value that is drawn. */
  domain: readonly [number, number];
}

export interface Known {
  predicted: ReadonlyMap<number, readonly Predicted[]>;
  measured: ReadonlyMap<number, readonly Measured[]>;
}

/** What both know comes first, that which changes most for the width of its interval before the others. */
export function lines(
  known: Known,
  phenotypes: readonly Phenotype[],
  columns: ReadonlyMap<string, Column>,
): { both: Line[]; others: Line[] } {
  const first = [...known.predicted.values()][0] ?? [];
  const names = new Set([...known.measured.values()].flatMap((list) => list.map((m) => m.name)));
  const told = first.filter((p) => p.value !== null);
  const all = told.map((p) => lineOf(p, known, columns.get(phenotypes.find((q) => q.name === p.name)?.name ?? '')));
  const isBoth = ({ key }: Line) => names.has(key);
  return { both: all.filter(isBoth).sort((a, b) => change(b) - change(a)), others: all.filter((l) => !isBoth(l)) };
}

/** The value at a step, or at the nearest one that has an answer. */
export function at<P extends Point>(points: readonly P[], step: number): P | null {
  return points.reduce<P | null>(
    (best, point) => (best && Math.abs(best.step - step) <= Math.abs(point.step - step) ? best : point),
    null,
  );
}

function lineOf({ name, label, level, unit }: Predicted, known: Known, column: Column | undefined): Line {
  const predicted = inOrder(known.predicted, (list) => list.find((p) => p.name === name)).flatMap(([step, p]) =>
    p.value === null ? [] : [{ step, value: p.value, low: p.low, high: p.high }],
  );
  const measured = inOrder(known.measured, (list) => list.find((m) => m.name === name)).flatMap(([step, m]) =>
    m.value === null ? [] : [{ step, value: m.value }],
  );
  const middle = level || !column ? null : middleOf(column);
  const drawn = [...predicted.flatMap((p) => [p.value, p.low ?? p.value, p.high ?? p.value]), ...(middle ?? [])];
  const values = [...drawn, ...measured.map((m) => m.value)];
  const domain: [number, number] = level ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const title = level && level !== 'Yes' ? `${label}: ${level}` : label;
  return { key: name, label: title, unit: level ? 'probability' : unit, predicted, measured, middle, domain };
}

function inOrder<T, U>(answers: ReadonlyMap<number, T>, pick: (answer: T) => U | undefined): [number, U][] {
  return [...answers]
    .sort(([a], [b]) => a - b)
    .flatMap(([step, answer]): [number, U][] => {
      const picked = pick(answer);
      return picked === undefined ? [] : [[step, picked]];
    });
}

/** Change along the path in widths of the interval. */
function change({ predicted }: Line): number {
  const [first, last] = [predicted[0], predicted.at(-1)];
  if (!first || !last) return 0;
  return Math.abs(last.value - first.value) / Math.max((first.high ?? 1) - (first.low ?? 0), 1e-9);
}

/** Of each column once: every step of a walk asks for all of them. */
const middles = new WeakMap<Column, [number, number]>();

function middleOf(column: Column): [number, number] {
  const known = middles.get(column) ?? quartiles(numbersOf(column));
  middles.set(column, known);
  return known;
}

/** Where a path leaves the data, in words: between which steps its density is below the centile. */
export function departures(centile: Float32Array, below: number): [from: number, to: number][] {
  const spans: [number, number][] = [];
  centile.forEach((value, step) => {
    if (value >= below) return;
    const last = spans.at(-1);
    if (last?.[1] === step - 1) last[1] = step;
    else spans.push([step, step]);
  });
  return spans;
}
