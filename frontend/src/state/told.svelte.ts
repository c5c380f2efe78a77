/** Counts that the server tells, where single people are not shown: the page sends recipes and holds no row. */

import { SvelteSet } from 'svelte/reactivity';
import type { Backend, Description, Grid, Tallied, ToldGroup } from '../backend/backend';
import { binDensity } from '../lib/bin-density';
import type { Counts, Tally } from '../lib/crossfilter';
import { latest } from '../lib/latest';
import type { Recipe } from '../lib/recipe';
import type { Counting, Densities, Line, Members } from './counting';
import { failureOf, type Failure } from './failure';
import { NOTHING, recipeOf, type Filter, type Masks, type Medians } from './selection.svelte';

/** Densities of a map; its corners stand where points would. */
export interface MapCells {
  box: Grid['box'];
  shown: Float32Array;
  selected: Float32Array | null;
}

interface Question {
  filter: Filter;
  done: () => void;
}

interface Answer {
  filter: Filter;
  /** How many groups of the pair were counted. */
  pair: number;
  tally: Tallied;
  grids: ReadonlyMap<string, Grid>;
}

const NOBODY = new Uint8Array();
const NONE: ToldGroup = { counts: new Float32Array(), missing: NaN, mean: NaN, sd: NaN, median: NaN };
const UNKNOWN: Counts = {
  edges: new Float32Array(),
  shown: new Float32Array(),
  selected: null,
  missing: NaN,
  missingShown: NaN,
  missingSelected: NaN,
};

export class Told implements Counting {
  failure = $state.raw<Failure | null>(null);
  /** Of everyone: means and spreads, and how many lack a value. */
  #everyone = $state.raw<Tallied>({ total: [], columns: new Map() });
  #answer = $state.raw<Answer>({ filter: NOTHING, pair: 0, tally: this.#everyone, grids: new Map() });
  #backend: Backend;
  #names: ReadonlySet<string>;
  /** `space.method` of the maps asked for so far. */
  #maps = new SvelteSet<string>();
  /** Groups that charts draw beside each other. */
  #pair: readonly Recipe[] = [];
  #question: Question = { filter: NOTHING, done: () => undefined };
  #ask: (question: Question) => void;

  constructor(backend: Backend, { phenotypes, told }: Description) {
    this.#backend = backend;
    this.#names = new Set([...phenotypes, ...told].map(({ name }) => name));
    this.#ask = latest(
      (question) => this.#counted(question.filter),
      (answer, question) => this.#show(answer, question),
      (error) => (this.failure = failureOf(error)),
    );
  }

  /** Count everyone: what the page opens with. */
  async open(): Promise<this> {
    this.#everyone = await this.#backend.tally([recipeOf(NOTHING)], [...this.#names]);
    this.#answer = { filter: NOTHING, pair: 0, tally: this.#everyone, grids: new Map() };
    return this;
  }

  /** Count by more columns from now on. */
  async loadColumns(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.#names.has(name));
    if (!missing.length) return;
    this.#names = new Set([...this.#names, ...missing]);
    const more = await this.#backend.tally([recipeOf(NOTHING)], missing);
    this.#everyone = { ...this.#everyone, columns: new Map([...this.#everyone.columns, ...more.columns]) };
    this.#ask(this.#question);
  }

  /** Count by the cells of one more map. */
  async loadMap(space: string, method: string): Promise<void> {
    const key = `${space}.${method}`;
    if (this.#answer.grids.has(key)) return;
    const { filter } = this.#answer;
    const grid = await this.#backend.grid(space, method, groupsOf(filter));
    this.#maps.add(key);
    if (filter === this.#answer.filter)
      this.#answer = { ...this.#answer, grids: new Map([...this.#answer.grids, [key, grid]]) };
    else this.#ask(this.#question);
  }

  /** Count these groups too, among those shown. */
  watch(pair: readonly Recipe[]): void {
    if (pair.length === this.#pair.length && pair.every((recipe, i) => recipe === this.#pair[i])) return;
    this.#pair = pair;
    this.#ask(this.#question);
  }

  /** Null while the map is on its way. */
  cells(key: string): MapCells | null {
    const { filter, grids } = this.#answer;
    const grid = grids.get(key);
    const [shown, selected] = grid?.cells ?? [];
    return grid && shown ? { box: grid.box, shown, selected: filter.lasso ? (selected ?? null) : null } : null;
  }

  get masks(): Masks {
    return { shown: NOBODY, selected: this.#answer.filter.lasso ? NOBODY : null };
  }

  total(): { shown: number; selected: number | null } {
    const [shown = NaN, selected = NaN] = this.#answer.tally.total;
    return { shown, selected: this.#answer.filter.lasso ? selected : null };
  }

  counts(name: string): Counts {
    const everyone = this.#everyone.columns.get(name);
    const found = this.#answer.tally.columns.get(name) ?? everyone;
    const [shown, selected = NONE] = found?.groups ?? [];
    if (!found || !shown) return UNKNOWN;
    const lasso = this.#answer.filter.lasso !== null;
    return {
      edges: found.edges,
      shown: shown.counts,
      selected: lasso ? selected.counts : null,
      missing: (everyone?.groups[0] ?? NONE).missing,
      missingShown: shown.missing,
      missingSelected: lasso ? selected.missing : 0,
    };
  }

  line(name: string, { place }: Line): Tally | null {
    const { filter, pair, tally } = this.#answer;
    if (place >= pair) return null;
    return tally.columns.get(name)?.groups[place + (filter.lasso ? 2 : 1)]?.counts ?? null;
  }

  density(name: string, group: Line, domain: readonly [number, number], cells: number): Float32Array | null {
    const counts = this.line(name, group);
    return counts && binDensity(this.counts(name).edges, counts, domain, cells);
  }

  countsOf(): Uint32Array {
    return new Uint32Array();
  }

  medians(name: string): Medians {
    const [shown, selected] = this.#answer.tally.columns.get(name)?.groups ?? [];
    return { shown: shown?.median ?? NaN, selected: this.#answer.filter.lasso ? (selected?.median ?? NaN) : null };
  }

  densities(name: string, _masks: Masks, domain: readonly [number, number], cells: number): Densities | null {
    if (!this.#everyone.columns.has(name)) return null;
    const { edges, shown, selected } = this.counts(name);
    const of = (counts: Counts['shown']) => binDensity(edges, counts, domain, cells);
    return { shown: of(shown), selected: selected && of(selected) };
  }

  spread(name: string): { mean: number; sd: number } | null {
    const found = this.#everyone.columns.get(name)?.groups[0];
    return found ? { mean: found.mean, sd: found.sd } : null;
  }

  follow(_before: Filter, after: Filter, done: () => void): void {
    this.#question = { filter: after, done };
    this.#ask(this.#question);
  }

  async members(recipe: Recipe): Promise<Members> {
    const { total } = await this.#backend.tally([recipe], []);
    return { mask: NOBODY, n: total[0] ?? NaN };
  }

  async #counted(filter: Filter): Promise<Answer> {
    const groups = groupsOf(filter);
    const pair = this.#pair.map((recipe): Recipe => ({
      kind: 'all_of',
      of: [recipeOf({ ...filter, lasso: null }), recipe],
    }));
    const grids = [...this.#maps].map(async (key): Promise<[string, Grid]> => {
      const [space = '', method = ''] = key.split('.');
      return [key, await this.#backend.grid(space, method, groups)];
    });
    const [tally, ...known] = await Promise.all([
      this.#backend.tally([...groups, ...pair], [...this.#names]),
      ...grids,
    ]);
    return { filter, pair: pair.length, tally, grids: new Map(known) };
  }

  #show(answer: Answer, { done }: Question): void {
    this.#answer = answer;
    this.failure = null;
    done();
  }
}

/** Who is shown, and with a lasso who of them is selected. */
function groupsOf(filter: Filter): Recipe[] {
  const shown = recipeOf({ ...filter, lasso: null });
  return filter.lasso ? [shown, recipeOf(filter)] : [shown];
}
