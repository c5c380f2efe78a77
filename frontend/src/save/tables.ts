/** Tables of what is shown and selected: counts and summaries of people, never one person or an id. */

import type { Column, Phenotype } from '../backend/backend';
import type { Cell } from '../lib/csv';
import type { Counts, Tally } from '../lib/crossfilter';
import { Door, RULES, type Preset } from '../lib/disclosure';
import { MISSING } from '../state/words';
import type { Reading } from '../state/measuring.svelte';
import type { Table } from './files';

export interface Charted {
  phenotype: Phenotype;
  values: Column;
  counts: Counts;
}

/** Who is in a table, of how many persons, and how openly it is told. */
export interface People {
  shown: Uint8Array;
  selected: Uint8Array | null;
  /** Id of each row: several rows may be of one person. */
  ids: readonly string[];
  disclosure: Preset;
}

/** Every bin and level of every chart. */
export function chartsTable(charts: readonly Charted[], people: People): Table {
  const { shown, selected, notes } = allowed(people);
  const rows = charts.flatMap(({ phenotype, counts }) => {
    const { name, label, unit, levels } = phenotype;
    const of = (who: Told, bins: Tally | null, missing: number) =>
      who && bins ? who.door.cells([...bins, missing], name) : [];
    const told = [of(shown, counts.shown, counts.missingShown), of(selected, counts.selected, counts.missingSelected)];
    const edges = (i: number): Cell[] => {
      if (i === counts.shown.length) return [MISSING, null, null];
      return levels.length ? [levels[i] ?? '', null, null] : ['', counts.edges[i] ?? NaN, counts.edges[i + 1] ?? NaN];
    };
    return Array.from({ length: counts.shown.length + 1 }, (_, i): Cell[] => {
      return [name, label, unit, ...edges(i), ...told.map((cells) => cells[i] ?? null)];
    });
  });
  return { head: ['name', 'label', 'unit', 'level', 'from', 'to', 'shown', 'selected'], rows, notes };
}

const SUMMARY = ['n', 'share', 'mean', 'sd', 'missing'];

/** Mean, SD and number of every numeric phenotype, number and share of every level. */
export function summaryTable(charts: readonly Charted[], people: People): Table {
  const { shown, selected, notes } = allowed(people);
  const rows = charts.flatMap(({ phenotype, values }) => {
    const { name, label, unit, levels } = phenotype;
    const of = (who: Told): Cell[][] => {
      if (!who) return (levels.length ? levels : ['']).map(() => SUMMARY.map(() => null));
      return levels.length ? levelCells(values, who, levels.length, name) : [numberCells(values, who, name)];
    };
    const [all, chosen] = [of(shown), of(selected)];
    return all.map((cells, i): Cell[] => [name, label, unit, levels[i] ?? '', ...cells, ...(chosen[i] ?? [])]);
  });
  const heads = ['shown', 'selected'].flatMap((who) => SUMMARY.map((figure) => `${who} ${figure}`));
  return { head: ['name', 'label', 'unit', 'level', ...heads], rows, notes };
}

type Told = { mask: Uint8Array; door: Door } | null;

/** Those of whom figures may be given, and what is left out. */
function allowed({ shown, selected, ids, disclosure }: People): { shown: Told; selected: Told; notes: string[] } {
  const notes = ['shown: all that the brushes leave; selected: those of them in the lasso. Counts are of visits.'];
  const of = (mask: Uint8Array | null, who: string): Told => {
    if (!mask) return null;
    const door = new Door(disclosure, mask);
    if (door.count(persons(mask, ids), 'persons') !== null) return { mask, door };
    notes.push(`Fewer than ${door.fewest} persons are ${who}: their figures are left out.`);
    return null;
  };
  const told = { shown: of(shown, 'shown'), selected: of(selected, 'selected') };
  const { fewest, base } = RULES[disclosure];
  if (fewest > 1)
    notes.push(`Counts under ${fewest} are left out${base > 1 ? `, others are rounded to ${base}` : ''}.`);
  return { ...told, notes };
}

function persons(mask: Uint8Array, ids: readonly string[]): number {
  return new Set(ids.filter((_, i) => mask[i])).size;
}

/** Number, share of the known and number missing of each level. */
function levelCells(values: Column, { mask, door }: NonNullable<Told>, levels: number, name: string): Cell[][] {
  const counts = new Array<number>(levels + 1).fill(0);
  values.forEach((value, i) => {
    if (mask[i]) counts[value >= 0 ? value : levels] = (counts[value >= 0 ? value : levels] ?? 0) + 1;
  });
  const told = door.cells(counts, name);
  const missing = told[levels] ?? null;
  const known = told.slice(0, levels).reduce<number>((sum, n) => sum + (n ?? 0), 0);
  return told.slice(0, levels).map((n) => [n, n !== null && known ? n / known : null, null, null, missing]);
}

/** Number, mean, SD (n - 1) and number missing. */
function numberCells(values: Column, { mask, door }: NonNullable<Told>, name: string): Cell[] {
  const known = Float64Array.from(values).filter((value, i) => mask[i] && !Number.isNaN(value));
  const missing = mask.reduce((sum, one) => sum + one, 0) - known.length;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(squares / (known.length - 1));
  const left = door.count(missing, `${name} missing`);
  const n = left === null && door.exact ? null : door.count(known.length, `${name} n`);
  if (n === null) return [null, null, null, null, left];
  const [told, spread] = [mean, sd].map((value, i) => door.figure(value, sd, known.length, `${name} ${i}`));
  return [n, null, told ?? NaN, spread ?? NaN, left];
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
