/** What is shown (the brushes of the charts) and what is selected of it (the lassoes on the maps). */

import { untrack } from 'svelte';
import { createCrossfilter, type Brush, type Counts, type Crossfilter } from '../lib/crossfilter';
import { inside } from '../lib/lasso';
import type { Inside, Recipe } from '../lib/recipe';
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
  #points: (space: string, method: string) => Float32Array | undefined;
  #masks = new WeakMap<Recipe, Uint8Array>();

  constructor(
    description: Description,
    columns: ReadonlyMap<string, Column>,
    points: (space: string, method: string) => Float32Array | undefined,
  ) {
    this.n = description.n;
    this.run = description.run;
    this.#points = points;
    const crossfilter = createCrossfilter({
      n: description.n,
      columns: chartedOf(description).map(({ name, levels }) => ({
        name,
        kind: levels.length ? 'levels' : 'numeric',
        values: columns.get(name) ?? new Float32Array(description.n).fill(NaN),
        levels,
      })),
    });
    this.#box = $state.raw({ crossfilter });
    this.settled = $state.raw({ shown: crossfilter.shown, selected: null });
  }

  get shown(): Uint8Array {
    return this.#box.crossfilter.shown;
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
    if (filter.lasso !== before.lasso) crossfilter.setLasso(filter.lasso && this.#mask(filter.lasso));
    this.filter = filter;
    this.#box = { crossfilter };
    if (phase === 'settled') this.settled = { shown: crossfilter.shown, selected: crossfilter.selected };
  }

  #mask(recipe: Recipe): Uint8Array {
    const known = this.#masks.get(recipe);
    if (known) return known;
    const mask = this.#compute(recipe);
    this.#masks.set(recipe, mask);
    return mask;
  }

  #compute(recipe: Recipe): Uint8Array {
    switch (recipe.kind) {
      case 'inside':
        return inside(this.#points(recipe.space, recipe.method) ?? new Float32Array(2 * this.n), recipe.polygon);
      case 'not':
        return this.#mask(recipe.of).map((value) => 1 - value);
      case 'all_of':
        return this.#fold(recipe.of, 1, (a, b) => a & b);
      case 'any_of':
        return this.#fold(recipe.of, 0, (a, b) => a | b);
      case 'between':
      case 'one_of':
        throw new Error('a lasso holds no brush');
    }
  }

  #fold(parts: readonly Recipe[], start: number, join: (a: number, b: number) => number): Uint8Array {
    const result = new Uint8Array(this.n).fill(start);
    for (const part of parts) {
      const mask = this.#mask(part);
      for (let i = 0; i < result.length; i++) result[i] = join(result[i] ?? 0, mask[i] ?? 0);
    }
    return result;
  }
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
  const parts: Recipe[] = [...brushes].map(([column, brush]) =>
    'low' in brush
      ? { kind: 'between', column, low: brush.low, high: brush.high }
      : { kind: 'one_of', column, values: brush.values, missing: brush.missing },
  );
  return { kind: 'all_of', of: lasso ? [...parts, lasso] : parts };
}
