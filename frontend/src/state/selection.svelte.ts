/** What is shown (the brushes of the charts) and what is selected of it (the lassoes on the maps). */

import { untrack } from 'svelte';
import {
  createCrossfilter,
  type Brush,
  type Counts,
  type Crossfilter,
  type CrossfilterColumn,
} from '../lib/crossfilter';
import type { Inside, Recipe } from '../lib/recipe';
import { brushRecipe, recipeMask, type Masks as RecipeMasks, type Rows } from '../lib/recipe-mask';
import { chartedOf } from './cohort.svelte';
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

export class Selection {
  filter = $state.raw<Filter>(NOTHING);
  /** The masks at the end of the last gesture: medians and densities follow these. */
  settled: Masks;
  readonly n: number;
  readonly run: string;
  /** In a new box after every change, also while a brush moves: that is what the views see. */
  #box: { crossfilter: Crossfilter };
  #settling: ReturnType<typeof setTimeout> | undefined;
  #rows: Rows;
  #masks: RecipeMasks = new WeakMap();

  constructor(
    description: Description,
    columns: ReadonlyMap<string, Column>,
    points: (space: string, method: string) => Float32Array | undefined,
  ) {
    this.n = description.n;
    this.run = description.run;
    const charted = chartedOf(description);
    const levelsOf = new Map(charted.map(({ name, levels }) => [name, levels]));
    const column = (name: string): CrossfilterColumn => {
      const levels = levelsOf.get(name) ?? [];
      const values = columns.get(name) ?? new Float32Array(description.n).fill(NaN);
      return { name, kind: levels.length ? 'levels' : 'numeric', values, levels };
    };
    this.#rows = { n: description.n, column, points: (space, method) => loaded(points(space, method), space) };
    const crossfilter = createCrossfilter({ n: description.n, columns: [...levelsOf.keys()].map(column) });
    this.#box = $state.raw({ crossfilter });
    this.settled = $state.raw({ shown: crossfilter.shown, selected: null });
  }

  get shown(): Uint8Array {
    return this.#box.crossfilter.shown;
  }

  /** The filter at the end of the last gesture: a brush that moves changes nothing here until it rests. */
  get settledFilter(): Filter {
    return this.#atRest(() => this.filter);
  }

  /** Null without a lasso: then the selection is all that is shown. */
  get selected(): Uint8Array | null {
    return this.#box.crossfilter.selected;
  }

  get total(): { shown: number; selected: number } {
    const { shown, selected } = this.#box.crossfilter.total();
    return { shown, selected: selected ?? shown };
  }

  /** Bounds of the bins of a numeric column; they never change. */
  edges(name: string): Float32Array {
    return untrack(() => this.counts(name).edges);
  }

  counts(name: string): Counts {
    return this.#box.crossfilter.counts(name);
  }

  /** The same, but of many people at the end of the last gesture where that is enough. */
  countsFor(name: string, when: 'now' | 'at rest'): Counts {
    if (when === 'now' || this.n <= AT_ONCE) return this.counts(name);
    return this.#atRest((crossfilter) => crossfilter.counts(name));
  }

  /** Medians of a numeric column at the end of the last gesture. */
  medians(name: string): Medians {
    return this.#atRest((crossfilter) => crossfilter.medians(name));
  }

  /** Rows of a mask in each bin of a column; the bins never change. */
  countsOf(name: string, mask: Uint8Array): Uint32Array {
    return untrack(() => this.#box.crossfilter.countsOf(name, mask));
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
    const before = this.filter;
    const { crossfilter } = this.#box;
    for (const [name, brush] of changedBrushes(before, filter)) crossfilter.setBrush(name, brush);
    if (filter.lasso !== before.lasso) crossfilter.setLasso(filter.lasso && this.mask(filter.lasso));
    this.filter = filter;
    this.#box = { crossfilter };
    if (phase === 'settled') this.#settle({ shown: crossfilter.shown, selected: crossfilter.selected });
  }

  /** What is asked of the counts whenever a gesture has ended. */
  #atRest<Answer>(ask: (crossfilter: Crossfilter) => Answer): Answer {
    void this.settled;
    return untrack(() => ask(this.#box.crossfilter));
  }

  /** Of many people, medians and densities follow when the counts and maps are on screen. */
  #settle(masks: Masks): void {
    clearTimeout(this.#settling);
    if (this.n <= AT_ONCE) this.settled = masks;
    else this.#settling = setTimeout(() => (this.settled = masks), SETTLE_MS);
  }

  /** Who a recipe selects of everyone. @throws Error where a column or map of it is not loaded or not there. */
  mask(recipe: Recipe): Uint8Array {
    return recipeMask(recipe, this.#rows, this.#masks);
  }
}

function loaded(points: Float32Array | undefined, space: string): Float32Array {
  if (!points) throw new Error(`the map of ${space} is not loaded`);
  return points;
}

/** Brushes that are other ones than before, null where one is gone. */
function changedBrushes(before: Filter, after: Filter): [string, Brush | null][] {
  const names = new Set([...before.brushes.keys(), ...after.brushes.keys()]);
  return [...names]
    .filter((name) => before.brushes.get(name) !== after.brushes.get(name))
    .map((name) => [name, after.brushes.get(name) ?? null]);
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
