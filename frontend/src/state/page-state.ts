/** What a link or a named view carries of the page: recipes, choices and moved latents, never who anybody is. */

import { fields, list, number, parseRecipe, text } from '../lib/recipe-parse';
import type { Between, OneOf, Recipe } from '../lib/recipe';
import type { LinkedGroup } from './groups.svelte';
import type { Order } from './latents.svelte';
import { tabOf, type Tab } from './tabs';

export interface PageState {
  version: 1;
  /** The view; links of before lead to the first. */
  tab: Tab;
  /** Maps and latents are those of one run. */
  run: string;
  brushes: readonly (Between | OneOf)[];
  lasso: Recipe | null;
  groups: readonly LinkedGroup[];
  spaces: readonly string[];
  method: string;
  colour: string;
  /** Phenotypes whose charts stay at the top; links of before pin none. */
  pinned: readonly string[];
  /** Place of the subject in the table, which means nothing without the workspace. */
  row: number | null;
  rank: Order;
  /** Whose code is dragged. */
  source: string;
  /** Moved latents: the value of each by the name of its column. */
  moved: readonly (readonly [string, number])[];
}

const MOST_GROUPS = 26;
const MOST_PINNED = 100;
const MOST_MOVED = 4096;

/** @throws Error where it is no state that this page writes. */
export function parsePageState(value: unknown): PageState {
  const get = fields(value);
  if (get('version') !== 1) throw new Error('it was written by another version');
  const row = get('row');
  return {
    version: 1,
    tab: tabOf(get('tab')),
    run: text(get('run')),
    brushes: list(get('brushes')).map(brush),
    lasso: get('lasso') === null ? null : parseRecipe(get('lasso')),
    groups: list(get('groups')).slice(0, MOST_GROUPS).map(group),
    spaces: list(get('spaces')).map(text),
    method: text(get('method')),
    colour: text(get('colour')),
    pinned: get('pinned') === undefined ? [] : list(get('pinned')).slice(0, MOST_PINNED).map(text),
    row: row === null ? null : number(row),
    rank: rank(get('rank')),
    source: text(get('source')),
    moved: list(get('moved')).slice(0, MOST_MOVED).map(move),
  };
}

function brush(value: unknown): Between | OneOf {
  const recipe = parseRecipe(value);
  if (recipe.kind !== 'between' && recipe.kind !== 'one_of') throw new Error('expected a brush');
  return recipe;
}

function group(value: unknown): LinkedGroup {
  const get = fields(value);
  return { letter: text(get('letter')), name: text(get('name')), recipe: parseRecipe(get('recipe')) };
}

function rank(value: unknown): Order {
  const get = fields(value);
  const by = get('by');
  if (by === 'association' || by === 'effect') return { by, name: text(get('name')) };
  return by === 'separates' || by === 'axes' ? { by } : { by: 'variance' };
}

function move(value: unknown): readonly [string, number] {
  const [name, to] = list(value);
  return [text(name), number(to)];
}
