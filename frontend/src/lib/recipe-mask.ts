/** Who a recipe selects: the mask that Python's `groups.mask` gives for the same recipe, to the last row. */

import { brushMask, type Brush, type CrossfilterColumn } from './crossfilter';
import { inside } from './lasso';
import type { Between, OneOf, Recipe } from './recipe';

/** What recipes are applied to. Both throw for what is not loaded or not there. */
export interface Rows {
  n: number;
  column(name: string): CrossfilterColumn;
  points(space: string, method: string): Float32Array;
}

/** Masks that are known already, by their recipe. */
export type Masks = WeakMap<Recipe, Uint8Array>;

/** 1 for who belongs to it. @throws Error where a column or map is missing, or a column cannot answer. */
export function recipeMask(recipe: Recipe, rows: Rows, known: Masks): Uint8Array {
  const found = known.get(recipe) ?? compute(recipe, rows, known);
  known.set(recipe, found);
  return found;
}

function compute(recipe: Recipe, rows: Rows, known: Masks): Uint8Array {
  switch (recipe.kind) {
    case 'between':
    case 'one_of':
      return brushMask(rows.column(recipe.column), brushOf(recipe));
    case 'inside':
      return inside(rows.points(recipe.space, recipe.method), recipe.polygon);
    case 'not':
      return recipeMask(recipe.of, rows, known).map((value) => 1 - value);
    case 'all_of':
      return fold(masks(recipe.of, rows, known), new Uint8Array(rows.n).fill(1), (a, b) => a & b);
    case 'any_of':
      return fold(masks(recipe.of, rows, known), new Uint8Array(rows.n), (a, b) => a | b);
  }
}

function masks(of: readonly Recipe[], rows: Rows, known: Masks): Uint8Array[] {
  return of.map((part) => recipeMask(part, rows, known));
}

function fold(parts: readonly Uint8Array[], result: Uint8Array, join: (a: number, b: number) => number): Uint8Array {
  for (const mask of parts) for (let i = 0; i < result.length; i++) result[i] = join(result[i] ?? 0, mask[i] ?? 0);
  return result;
}

/** The brush that a part of a recipe says. */
export function brushOf(recipe: Between | OneOf): Brush {
  return recipe.kind === 'between'
    ? { low: recipe.low, high: recipe.high }
    : { values: recipe.values, missing: recipe.missing };
}

/** The part of a recipe that a brush says. */
export function brushRecipe(column: string, brush: Brush): Between | OneOf {
  return 'low' in brush
    ? { kind: 'between', column, low: brush.low, high: brush.high }
    : { kind: 'one_of', column, values: brush.values, missing: brush.missing };
}

/** Columns, and maps as `space.method`, that must be there before a recipe can be applied. */
export function needsOf(recipe: Recipe): { columns: string[]; maps: [string, string][] } {
  switch (recipe.kind) {
    case 'between':
    case 'one_of':
      return { columns: [recipe.column], maps: [] };
    case 'inside':
      return { columns: [], maps: [[recipe.space, recipe.method]] };
    case 'not':
      return needsOf(recipe.of);
    case 'all_of':
    case 'any_of': {
      const parts = recipe.of.map(needsOf);
      return { columns: parts.flatMap((part) => part.columns), maps: parts.flatMap((part) => part.maps) };
    }
  }
}

/** How many of a mask, or of those of it who are in another. */
export function countIn(mask: Uint8Array, other?: Uint8Array | null): number {
  let n = 0;
  if (other) for (let i = 0; i < mask.length; i++) n += (mask[i] ?? 0) & (other[i] ?? 0);
  else for (let i = 0; i < mask.length; i++) n += mask[i] ?? 0;
  return n;
}

/** Who is in both. */
export function bothOf(mask: Uint8Array, other: Uint8Array): Uint8Array {
  return mask.map((value, i) => value & (other[i] ?? 0));
}
