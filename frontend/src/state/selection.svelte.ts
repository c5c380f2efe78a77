/** What is shown (the brushes of the charts) and what is selected of it (the lassoes on the maps). */

import { untrack } from 'svelte';
import type { Brush, Counts, CrossfilterColumn, Tally } from '../lib/crossfilter';
import type { Inside, Recipe } from '../lib/recipe';
import { brushRecipe } from '../lib/recipe-mask';
import { chartedOf, type Cohort } from './cohort.svelte';
import { countedHere, type Counting, type Densities, type Held, type Line, type Members } from './counting';
import type { Column, Description } from '../backend/backend';

export type Mode = 'new' | 'add' | 'subtract' | 'intersect';

/** Immutable: undo and redo swap one for another. */
export interface Filter {
  brushes: ReadonlyMap<string, Brush>;
  lasso: Recipe | null;
}

/** One for each row; `selected` is null without a lasso: then the selection is all that is shown. */
export interface Masks {
  shown: Uint8Array;
  selected: Uint8Array | null;
}

/** Up to so many people, everything follows a gesture at once. */
const AT_ONCE = 20_000;
const SETTLE_MS = 50;

/** Of those shown and, with a lasso, of those selected. */
export interface Medians {
  shown: number;
  selected: number | null;
}

export const NOTHING: Filter = { brushes: new Map(), lasso: null };

/** Parts that a recipe may nest, less the two levels that `all_of` the brushes takes (groups.MAX_DEPTH). */
const MAX_DEPTH = 12;

/** Who counts a cohort. */
export function countingOf({ description, columns, points, told }: Cohort): Counting {
  return told ?? countedHere(heldOf(description, columns, (space, method) => points.get(`${space}.${method}`)));
}

export class Selection {
  filter = $state.raw<Filter>(NOTHING);
  /** The masks at the end of the last gesture: medians and densities follow these. */
  settled: Masks;
  readonly n: number;
  readonly run: string;
  /** In a new box after every change, also while a brush moves: that is what the views see. */
  #box: { counting: Counting };
  /** The same, for what changes when a gesture has ended, or when the server has told more. */
  readonly #counting: Counting;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor({ n, run }: Description, counting: Counting) {
    this.n = n;
    this.run = run;
    this.#counting = counting;
    this.#box = $state.raw({ counting });
    this.settled = $state.raw(counting.masks);
  }

  get shown(): Uint8Array {
    return this.#box.counting.masks.shown;
  }

  /** The filter at the end of the last gesture: a brush that moves changes nothing here until it rests. */
  get settledFilter(): Filter {
    return this.#atRest(() => this.filter);
  }

  /** Null without a lasso: then the selection is all that is shown. */
  get selected(): Uint8Array | null {
    return this.#box.counting.masks.selected;
  }

  get total(): { shown: number; selected: number } {
    const { shown, selected } = this.#box.counting.total();
    return { shown, selected: selected ?? shown };
  }

  /** Bounds of the bins of a numeric column; they never change. */
  edges(name: string): Float32Array {
    return untrack(() => this.counts(name).edges);
  }

  counts(name: string): Counts {
    return this.#box.counting.counts(name);
  }

  /** The same, but of many people at the end of the last gesture where that is enough. */
  countsFor(name: string, when: 'now' | 'at rest'): Counts {
    if (when === 'now' || this.n <= AT_ONCE) return this.counts(name);
    return this.#atRest((counting) => counting.counts(name));
  }

  /** Medians of a numeric column at the end of the last gesture. */
  medians(name: string): Medians {
    return this.#atRest((counting) => counting.medians(name));
  }

  /** Rows of a mask in each bin of a column; the bins never change. */
  countsOf(name: string, mask: Uint8Array): Uint32Array {
    return untrack(() => this.#box.counting.countsOf(name, mask));
  }

  /** The current selection as data, the same that Python's `groups.mask` reads. */
  get recipe(): Recipe {
    return recipeOf(this.filter);
  }

  get empty(): boolean {
    return !this.filter.brushes.size && !this.filter.lasso;
  }

  /** Show another filter; `moving` while a gesture lasts. */
  show(filter: Filter, phase: 'moving' | 'settled' = 'settled'): void {
    const counting = this.#counting;
    const done = () => {
      this.#box = { counting };
      if (phase === 'settled') this.#settle(counting.masks);
    };
    counting.follow(this.filter, filter, done);
    this.filter = filter;
  }

  /** What is asked of the counts whenever a gesture has ended. */
  #atRest<Answer>(ask: (counting: Counting) => Answer): Answer {
    void this.settled;
    return untrack(() => ask(this.#box.counting));
  }

  /** Of many people, medians and densities follow when the counts and maps are on screen. */
  #settle(masks: Masks): void {
    clearTimeout(this.#settling);
    if (this.n <= AT_ONCE) this.settled = masks;
    else this.#settling = setTimeout(() => (this.settled = masks), SETTLE_MS);
  }

  /** Who a recipe selects of everyone. @throws Error where a column or map of it is not loaded or not there. */
  members(recipe: Recipe): Members | Promise<Members> {
    return this.#counting.members(recipe);
  }

  /** One of the pair of groups in the bins of a column; null while it is not counted. */
  line(name: string, group: Line): Tally | null {
    void this.settled;
    return this.#counting.line(name, group);
  }

  density(column: string, group: Line, domain: readonly [number, number], cells: number): Float32Array | null {
    void this.settled;
    return this.#counting.density(column, group, domain, cells);
  }

  /** Densities of a column at the end of the last gesture; null while nothing is known of it. */
  densities(column: string, domain: readonly [number, number], cells: number): Densities | null {
    return this.#counting.densities(column, this.settled, domain, cells);
  }
}

/** What the page counts from: charted columns, and whatever else a recipe asks of. */
export function heldOf(
  description: Description,
  columns: ReadonlyMap<string, Column>,
  points: (space: string, method: string) => Float32Array | undefined,
): Held {
  const levelsOf = new Map(chartedOf(description).map(({ name, levels }) => [name, levels]));
  const column = (name: string): CrossfilterColumn => {
    const levels = levelsOf.get(name) ?? [];
    const values = columns.get(name) ?? new Float32Array(description.n).fill(NaN);
    return { name, kind: levels.length ? 'levels' : 'numeric', values, levels };
  };
  const map = (space: string, method: string) => loaded(points(space, method), space);
  return { rows: { n: description.n, column, points: map }, columns, charted: [...levelsOf.keys()].map(column) };
}

function loaded(points: Float32Array | undefined, space: string): Float32Array {
  if (!points) throw new Error(`the map of ${space} is not loaded`);
  return points;
}

export function withBrush(filter: Filter, name: string, brush: Brush | null): Filter {
  const brushes = new Map(filter.brushes);
  if (brush) brushes.set(name, brush);
  else brushes.delete(name);
  return { ...filter, brushes };
}

/** Combine a new outline with what is lassoed; chains of one operation stay flat. */
export function withLasso(filter: Filter, outline: Inside, mode: Mode): Filter {
  const before = filter.lasso;
  if (!before || mode === 'new') {
    const first: Recipe = mode === 'subtract' && !before ? { kind: 'not', of: outline } : outline;
    return { ...filter, lasso: first };
  }
  const kind = mode === 'add' ? 'any_of' : 'all_of';
  const part: Recipe = mode === 'subtract' ? { kind: 'not', of: outline } : outline;
  const parts = before.kind === kind ? before.of : [before];
  return { ...filter, lasso: { kind, of: [...parts, part] } };
}

/** Whether one more outline can be combined within the limits that Python sets on a recipe. */
export function isFull(recipe: Recipe | null): boolean {
  return recipe !== null && depth(recipe) >= MAX_DEPTH;
}

function depth(recipe: Recipe): number {
  switch (recipe.kind) {
    case 'all_of':
    case 'any_of':
      return 1 + Math.max(0, ...recipe.of.map(depth));
    case 'not':
      return 1 + depth(recipe.of);
    case 'inside':
    case 'between':
    case 'one_of':
      return 1;
  }
}

export function recipeOf({ brushes, lasso }: Filter): Recipe {
  const parts: Recipe[] = [...brushes].map(([column, brush]) => brushRecipe(column, brush));
  return { kind: 'all_of', of: lasso ? [...parts, lasso] : parts };
}
