/** What is shown (the brushes of the charts) and what is selected of it (the lassoes on the maps). */

import { createCrossfilter, type Brush, type Counts, type Crossfilter } from '../lib/crossfilter';
import { inside } from '../lib/lasso';
import type { Inside, Recipe } from '../lib/recipe';
import type { Column, Description } from '../backend/backend';

export type Mode = 'new' | 'add' | 'subtract' | 'intersect';

/** Immutable: undo and redo swap one for another. */
export interface Filter {
  brushes: ReadonlyMap<string, Brush>;
  lasso: Recipe | null;
}

export const NOTHING: Filter = { brushes: new Map(), lasso: null };

/** Parts that a recipe may nest, less the two levels that `all_of` the brushes takes (groups.MAX_DEPTH). */
const MAX_DEPTH = 12;

export class Selection {
  filter = $state.raw<Filter>(NOTHING);
  /** Counts every change of the masks, also while a brush moves. */
  tick = $state(0);
  /** Counts the changes at the end of a gesture: medians and densities follow these. */
  settled = $state(0);
  readonly n: number;
  readonly run: string;
  #crossfilter: Crossfilter;
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
    this.#crossfilter = createCrossfilter({
      n: description.n,
      columns: description.phenotypes.map(({ name, levels }) => ({
        name,
        kind: levels.length ? 'levels' : 'numeric',
        values: columns.get(name) ?? new Float32Array(description.n).fill(NaN),
        levels,
      })),
    });
  }

  get shown(): Uint8Array {
    void this.tick;
    return this.#crossfilter.shown;
  }

  /** Null without a lasso: then the selection is all that is shown. */
  get selected(): Uint8Array | null {
    void this.tick;
    return this.#crossfilter.selected;
  }

  get total(): { shown: number; selected: number } {
    void this.tick;
    const { shown, selected } = this.#crossfilter.total();
    return { shown, selected: selected ?? shown };
  }

  /** Bounds of the bins of a numeric column; they never change. */
  edges(name: string): Float32Array {
    return this.#crossfilter.counts(name).edges;
  }

  counts(name: string): Counts {
    void this.tick;
    return this.#crossfilter.counts(name);
  }

  /** The current selection as data, the same that Python's `groups.mask` reads. */
  get recipe(): Recipe {
    return recipeOf(this.filter);
  }

  get empty(): boolean {
    return !this.filter.brushes.size && !this.filter.lasso;
  }

  /** Show another filter; `moving` while a gesture lasts. */
  show(filter: Filter, moving = false): void {
    const before = this.filter;
    for (const name of new Set([...before.brushes.keys(), ...filter.brushes.keys()])) {
      const brush = filter.brushes.get(name) ?? null;
      if (brush !== (before.brushes.get(name) ?? null)) this.#crossfilter.setBrush(name, brush);
    }
    if (filter.lasso !== before.lasso) {
      this.#crossfilter.setLasso(filter.lasso && this.#mask(filter.lasso));
    }
    this.filter = filter;
    this.tick++;
    if (!moving) this.settled++;
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
