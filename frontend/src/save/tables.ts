/** Tables of what is shown and selected: counts and summaries of people, never one person or an id. */

import type { Column, Phenotype } from '../backend/backend';
import type { Cell } from '../lib/csv';
import type { Counts } from '../lib/crossfilter';
import { MISSING } from '../state/words';
import type { Reading } from '../state/measuring.svelte';
import type { Table } from './files';

export interface Charted {
  phenotype: Phenotype;
  values: Column;
  counts: Counts;
}

/** Who is in a table, and of how many persons. */
export interface People {
  shown: Uint8Array;
  selected: Uint8Array | null;
  /** Id of each row: several rows may be of one person. */
  ids: readonly string[];
}

/** Of fewer persons no figure is given: it would be one of theirs. */
export const FEWEST = 5;

/** Every bin and level of every chart. */
export function chartsTable(charts: readonly Charted[], people: People): Table {
  const { shown, selected, notes } = allowed(people);
  const rows = charts.flatMap(({ phenotype, counts }) => {
    const { name, label, unit, levels } = phenotype;
    const bins: Cell[][] = Array.from(counts.shown, (n, i) => {
      const edges = levels.length
        ? [levels[i] ?? '', null, null]
        : ['', counts.edges[i] ?? NaN, counts.edges[i + 1] ?? NaN];
      return [...edges, shown && n, selected && (counts.selected?.[i] ?? null)];
    });
    bins.push([
      MISSING,
      null,
      null,
      shown && counts.missingShown,
      selected && counts.selected && counts.missingSelected,
    ]);
    return bins.map((cells) => [name, label, unit, ...cells]);
  });
  return { head: ['name', 'label', 'unit', 'level', 'from', 'to', 'shown', 'selected'], rows, notes };
}

const SUMMARY = ['n', 'share', 'mean', 'sd', 'missing'];

/** Mean, SD and number of every numeric phenotype, number and share of every level. */
export function summaryTable(charts: readonly Charted[], people: People): Table {
  const { shown, selected, notes } = allowed(people);
  const rows = charts.flatMap(({ phenotype, values }) => {
    const { name, label, unit, levels } = phenotype;
    const parts = levels.length ? levels.map((level, code) => ({ level, code })) : [{ level: '', code: null }];
    return parts.map(({ level, code }): Cell[] => {
      const of = (mask: Uint8Array | null) => (mask ? summary(values, mask, code) : SUMMARY.map(() => null));
      return [name, label, unit, level, ...of(shown), ...of(selected)];
    });
  });
  const heads = ['shown', 'selected'].flatMap((who) => SUMMARY.map((figure) => `${who} ${figure}`));
  return { head: ['name', 'label', 'unit', 'level', ...heads], rows, notes };
}

/** Masks of those of whom figures may be given, and what is left out. */
function allowed({ shown, selected, ids }: People): {
  shown: Uint8Array | null;
  selected: Uint8Array | null;
  notes: string[];
} {
  const few = (mask: Uint8Array) => persons(mask, ids) < FEWEST;
  const left = (who: string) => `Fewer than ${FEWEST} persons are ${who}: their figures are left out.`;
  return {
    shown: few(shown) ? null : shown,
    selected: selected && !few(selected) ? selected : null,
    notes: [
      'shown: all that the brushes leave; selected: those of them in the lasso. Counts are of visits.',
      ...(few(shown) ? [left('shown')] : []),
      ...(selected && few(selected) ? [left('selected')] : []),
    ],
  };
}

function persons(mask: Uint8Array, ids: readonly string[]): number {
  const found = new Set<string>();
  for (let i = 0; i < mask.length && found.size < FEWEST; i++) if (mask[i]) found.add(ids[i] ?? '');
  return found.size;
}

/** Number, share of the known, mean, SD (n - 1) and number missing; of a level number, share and number missing. */
function summary(values: Column, mask: Uint8Array, code: number | null): Cell[] {
  const isCoded = values instanceof Int16Array;
  const known = Float64Array.from(values).filter(
    (value, i) => mask[i] && (isCoded ? value >= 0 : !Number.isNaN(value)),
  );
  const missing = mask.reduce((sum, one) => sum + one, 0) - known.length;
  if (code !== null) {
    const n = known.filter((value) => value === code).length;
    return [n, known.length ? n / known.length : null, null, null, missing];
  }
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [known.length, null, mean, Math.sqrt(squares / (known.length - 1)), missing];
}

/** What is measured on the recording, or where the dots started, on what is drawn now, and what is predicted. */
export function measuredTable(readings: readonly Reading[], before: string): Table {
  const measured = [`measured, ${before}`, 'why not, before', 'measured, now (GENERATED)', 'why not, now'];
  const guessed = ['predicted', 'predicted from', 'predicted to', 'why not, predicted'];
  const rows = readings.map(({ name, label, unit, before: base, now, predicted }): Cell[] => {
    const read = [base, now].flatMap((one) => [one?.value ?? null, one?.reason ?? '']);
    const guess = [predicted?.value ?? null, predicted?.low ?? null, predicted?.high ?? null, predicted?.reason ?? ''];
    return [name, label, unit, ...read, ...guess];
  });
  const notes = [
    'measured: read from the signal or image itself, by the same rules on what is recorded and on what is drawn.',
    'predicted: a linear fit from the latent numbers that are drawn now, with its 90 % interval.',
  ];
  return { head: ['name', 'label', 'unit', ...measured, ...guessed], rows, notes };
}
