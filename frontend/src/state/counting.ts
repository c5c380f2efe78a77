/** Who counts people: the page from columns and points that it holds, or the server (`told.svelte.ts`). */

import type { Column } from '../backend/backend';
import { createCrossfilter, type Brush, type Counts, type CrossfilterColumn, type Tally } from '../lib/crossfilter';
import type { Recipe } from '../lib/recipe';
import { countIn, recipeMask, type Masks as RecipeMasks, type Rows } from '../lib/recipe-mask';
import { density, numbersOf } from '../lib/stats';
import { spread } from './mean-code';
import type { Filter, Masks, Medians } from './selection.svelte';

/** Of a group: a 1 for each row that is in it, where the page holds rows; NaN where their number is not told. */
export interface Members {
  mask: Uint8Array;
  n: number;
}

/** Densities on an even grid; `selected` is null without a lasso. */
export interface Densities {
  shown: Float32Array;
  selected: Float32Array | null;
}

/** A group of the pair, by its place in it and, where the page holds rows, its people. */
export interface Line {
  place: number;
  mask: Uint8Array;
}

export interface Counting {
  /** Empty where the server counts; `selected` is null without a lasso. */
  readonly masks: Masks;
  total(): { shown: number; selected: number | null };
  counts(name: string): Counts;
  countsOf(name: string, mask: Uint8Array): Uint32Array;
  medians(name: string): Medians;
  /** One of the two groups that charts draw beside each other, among those shown; null while it is not counted. */
  line(name: string, group: Line): Tally | null;
  density(column: string, group: Line, domain: readonly [number, number], cells: number): Float32Array | null;
  /** Of a column at the end of the last gesture; null while nothing is known of it. */
  densities(column: string, masks: Masks, domain: readonly [number, number], cells: number): Densities | null;
  /** Mean and standard deviation of everyone; null while nothing is known of the column. */
  spread(column: string): { mean: number; sd: number } | null;
  /** Count by another filter; `done` is called when it is. @throws Error where a part of it is not loaded or not there. */
  follow(before: Filter, after: Filter, done: () => void): void;
  /** @throws what is wrong with the recipe. */
  members(recipe: Recipe): Members | Promise<Members>;
}

/** What the page counts from. */
export interface Held {
  rows: Rows;
  columns: ReadonlyMap<string, Column>;
  charted: readonly CrossfilterColumn[];
}

/** The page counts: at once, as fast as a hand moves. */
export function countedHere({ rows, columns, charted }: Held): Counting {
  const crossfilter = createCrossfilter({ n: rows.n, columns: charted });
  const known: RecipeMasks = new WeakMap();
  const maskOf = (recipe: Recipe) => recipeMask(recipe, rows, known);
  return {
    get masks() {
      return { shown: crossfilter.shown, selected: crossfilter.selected };
    },
    total: () => crossfilter.total(),
    counts: (name) => crossfilter.counts(name),
    countsOf: (name, mask) => crossfilter.countsOf(name, mask),
    medians: (name) => crossfilter.medians(name),
    line: (name, { mask }) => crossfilter.countsOf(name, mask),
    density(name, { mask }, domain, cells) {
      const values = numbersOf(columns.get(name));
      return values ? density(values, mask, domain, cells) : null;
    },
    densities(name, { shown, selected }, domain, cells) {
      const values = numbersOf(columns.get(name));
      if (!values) return null;
      const of = (mask: Uint8Array) => density(values, mask, domain, cells);
      return { shown: of(shown), selected: selected && of(selected) };
    },
    spread(name) {
      const values = columns.get(name);
      return values ? spread(values) : null;
    },
    follow(before, after, done) {
      for (const [name, brush] of changedBrushes(before, after)) crossfilter.setBrush(name, brush);
      if (after.lasso !== before.lasso) crossfilter.setLasso(after.lasso && maskOf(after.lasso));
      done();
    },
    members(recipe) {
      const mask = maskOf(recipe);
      return { mask, n: countIn(mask) };
    },
  };
}

/** Brushes that are other ones than before, null where one is gone. */
function changedBrushes(before: Filter, after: Filter): [string, Brush | null][] {
  const names = new Set([...before.brushes.keys(), ...after.brushes.keys()]);
  return [...names]
    .filter((name) => before.brushes.get(name) !== after.brushes.get(name))
    .map((name) => [name, after.brushes.get(name) ?? null]);
}
