/** The figures of a comparison in words, the same as `latentspace.table_text` writes. */

import type { ComparedRow, Contrast, Disclosure, Estimate, Summary } from '../backend/backend';
import type { Statistic } from './compare.svelte';
import { count } from './words';

export const DASH = '–';

/** A value with as many places as give its spread two figures. */
export function spreadFigure(value: number | null, spread: number | null): string {
  if (value === null) return DASH;
  const size = spread || Math.abs(value) || 1;
  const places = Math.min(Math.max(1 - Math.floor(Math.log10(size)), 0), 4);
  return minus(value.toFixed(places));
}

/** `<.001`, `.023`, `.41`; rounded: `≤.01`, `>.05` */
export function chance(p: number | null, disclosure: Disclosure = 'laptop'): string {
  if (p === null) return DASH;
  if (disclosure === 'strict') return p < 1 ? `≤${String(p).replace(/^0/, '')}` : '>.05';
  if (p <= 0.001) return '<.001';
  return p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, '');
}

/** `0.51` */
export function effect({ value }: Estimate): string {
  return value === null ? DASH : minus(value.toFixed(2));
}

/** `0.51 (0.36 to 0.66)` */
export function estimate(one: Estimate): string {
  if (one.value === null) return DASH;
  const [low, high] = [one.low, one.high].map((end) => (end === null ? DASH : minus(end.toFixed(2))));
  return `${effect(one)} (${low} to ${high})`;
}

/** The smallest spread of the groups: all figures of a row have the same places. */
export function spreadOf({ groups }: ComparedRow): number | null {
  const known = groups.flatMap(({ sd }) => sd || []);
  return known.length ? Math.min(...known) : null;
}

/** `65.2 (7.7)`, or `65 [60, 71]`. */
export function numbersWords(one: Summary, statistic: Statistic, spread: number | null): string {
  const figure = (value: number | null) => spreadFigure(value, spread);
  if (one.mean === null) return DASH;
  if (statistic === 'mean') return `${figure(one.mean)} (${figure(one.sd)})`;
  return `${figure(one.median)} [${figure(one.low_quartile)}, ${figure(one.high_quartile)}]`;
}

/** `97 (48.3 %)` of the known. */
export function levelWords(one: Summary, level: number): string {
  const n = one.counts[level];
  const told = one.counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  const known = one.counts.includes(null) ? one.n : told;
  if (n === undefined || n === null || !known) return DASH;
  return `${count(n)} (${((100 * n) / known).toFixed(1)} %)`;
}

/** `+1.1`, or `−3.4 pp` of shares. */
export function differenceWords(row: ComparedRow, { difference }: Contrast): string {
  if (difference === null) return DASH;
  if (row.shape === 'share') return `${plus(difference)}${minus((100 * difference).toFixed(1))} pp`;
  return `${plus(difference)}${spreadFigure(difference, spreadOf(row))}`;
}

/** `0 / 12` */
export function missingWords({ groups }: ComparedRow): string {
  return groups.map(({ missing }) => (missing === null ? DASH : count(missing))).join(' / ');
}

/** Everything about one contrast, for who opens its row. */
export function contrastSentences(row: ComparedRow, c: Contrast, held: string, disclosure: Disclosure): string[] {
  if (c.smd.value === null) return [`No comparison: ${c.reason || 'no figure'}.`];
  const { p, q, test } = c;
  return [
    `SMD ${estimate(c.smd)}`,
    c.adjusted.value === null ? `Adjusted: ${c.reason_adjusted}` : `With ${held} equal ${estimate(c.adjusted)}`,
    ...(c.odds.value === null ? [] : [`Odds ratio ${estimate(c.odds)}${c.corrected ? ', half a person added' : ''}`]),
    ...(c.adjusted_odds.value === null ? [] : [`Odds ratio with ${held} equal ${estimate(c.adjusted_odds)}`]),
    p === null
      ? `No p: ${c.reason || 'too few for a test'}`
      : `p ${chance(p, disclosure)} (${test}), q ${chance(q, disclosure)}; exploratory`,
    ...(row.defines ? [] : [`Other half of the people: ${c.split || 'too few'}`]),
  ];
}

/** Measurements before conditions, as a table 1 has them: the diagnosis a group was drawn around is no finding. */
export function tablesOf(rows: readonly ComparedRow[]): { name: string; rows: ComparedRow[] }[] {
  return [
    { name: 'Measurements', rows: rows.filter(({ shape }) => shape === 'numbers') },
    { name: 'Conditions and categories', rows: rows.filter(({ shape }) => shape !== 'numbers') },
  ];
}

function minus(text: string): string {
  return text.replace('-', '−');
}

function plus(value: number): string {
  return value > 0 ? '+' : '';
}
