/** Who can stand side by side: the selection, the saved groups, the rest. */

import type { Recipe } from '../lib/recipe';
import type { Group } from './groups.svelte';
import { recipeOf, type Filter } from './selection.svelte';

export const SELECTION = 'selection';
export const REST = 'rest';

export interface Side {
  id: string;
  /** Empty of the selection and the rest. */
  letter: string;
  name: string;
  recipe: Recipe;
}

export interface Sides {
  /** Who can be the first group. */
  first: readonly Side[];
  /** Who can stand beside it. */
  others: readonly Side[];
  /** What is compared, first the group that is asked about; empty where there is none. */
  compared: readonly Side[];
  /** Among whom: those that the brushes show, or everyone. */
  within: Recipe | null;
}

/** The brushes say among whom; where nothing is outlined they are the selection itself, beside the rest of everyone. */
export function sidesOf(groups: readonly Group[], filter: Filter, a: string, against: readonly string[]): Sides {
  const selection: Side[] =
    filter.lasso || filter.brushes.size
      ? [{ id: SELECTION, letter: '', name: 'Selection', recipe: filter.lasso ?? recipeOf(filter) }]
      : [];
  const saved = groups.filter((group) => !group.reason);
  const first = [...selection, ...saved];
  const one = first.find(({ id }) => id === a) ?? first[0];
  if (!one) return { first, others: [], compared: [], within: null };
  const rest: Side = { id: REST, letter: '', name: 'The rest', recipe: { kind: 'not', of: one.recipe } };
  const others = [rest, ...first.filter(({ id }) => id !== one.id)];
  const beside = others.filter(({ id }) => against.includes(id));
  const brushed = filter.brushes.size > 0 && (filter.lasso !== null || one.id !== SELECTION);
  return {
    first,
    others,
    compared: [one, ...(beside.length ? beside : [rest])],
    within: brushed ? recipeOf({ ...filter, lasso: null }) : null,
  };
}

/** `A Hypertrophy`, `The rest`. */
export function sideName({ letter, name }: Pick<Side, 'letter' | 'name'>): string {
  return letter ? `${letter} ${name}` : name;
}
