/** Named groups: recipes that the server keeps, with the people whom they select here. */

import type { Backend, SavedGroup } from '../backend/backend';
import type { Recipe } from '../lib/recipe';
import { bothOf, needsOf } from '../lib/recipe-mask';
import type { Cohort } from './cohort.svelte';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import type { Selection } from './selection.svelte';
import { recipeWords } from './words';

export interface Group {
  id: string;
  letter: string;
  name: string;
  recipe: Recipe;
  /** 1 for every row that belongs to it, whatever is shown; zeros where it cannot be used, empty where rows are not held. */
  mask: Uint8Array;
  /** NaN where it is not told. */
  n: number;
  /** Why it cannot be used here; empty where it can. */
  reason: string;
}

/** What a link carries of a group. */
export interface LinkedGroup {
  letter: string;
  name: string;
  recipe: Recipe;
}

export type Algebra = 'or' | 'and' | 'without' | 'rest';

/** Ids of groups that came with a link and are not saved. */
const LINKED = 'link-';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

export class Groups {
  /** By letter. */
  items = $state.raw<readonly Group[]>([]);
  /** What was deleted last, until something else is done. */
  removed = $state.raw<Group | null>(null);
  /** Id of the group that was made last: its name is the next thing to type. */
  made = $state('');
  failure = $state.raw<Failure | null>(null);
  /** Who of the pair is shown, at the end of the last gesture: what strips and charts draw. */
  shownPair = $derived.by(() => {
    const { shown } = this.#selection.settled;
    return this.pair.map(({ letter, mask }) => ({ letter, mask: bothOf(mask, shown) }));
  });

  #backend: Backend;
  #cohort: Cohort;
  #selection: Selection;
  #history: History;
  #texts = new WeakMap<Recipe, string>();

  constructor(backend: Backend, cohort: Cohort, selection: Selection, history: History) {
    this.#backend = backend;
    this.#history = history;
    this.#cohort = cohort;
    this.#selection = selection;
  }

  /** The first two groups that can be used: those that strips and charts draw beside each other. */
  get pair(): readonly Group[] {
    return this.usable.slice(0, 2);
  }

  /** Those whose recipe this workspace can follow. */
  get usable(): readonly Group[] {
    return this.items.filter((group) => !group.reason);
  }

  get(id: string): Group | undefined {
    return this.items.find((group) => group.id === id);
  }

  isLinked(group: Group): boolean {
    return group.id.startsWith(LINKED);
  }

  /** Letter of the group that has this recipe, empty if none has. */
  letterOf(recipe: Recipe): string {
    const text = this.#text(recipe);
    return this.items.find((group) => !group.reason && this.#text(group.recipe) === text)?.letter ?? '';
  }

  /** The recipe in words, with the letters of other groups in it. */
  words(recipe: Recipe): string {
    const named = (part: Recipe) => (part === recipe ? '' : this.letterOf(part));
    return recipeWords(recipe, this.#cohort.description, named);
  }

  async load(): Promise<void> {
    await this.#try(async () => {
      const saved = await this.#backend.groups();
      this.items = await Promise.all(saved.map((group) => this.#usable(group)));
    });
  }

  /** Keep a new group. */
  async create(name: string, recipe: Recipe): Promise<void> {
    await this.#try(async () => {
      const group = await this.#usable(await this.#backend.save_group(name, recipe));
      this.#put(group);
      this.removed = null;
      this.made = group.id;
      this.#remember(
        `new group ${group.letter}`,
        () => this.#drop(group),
        () => this.#revive(group),
      );
    });
  }

  /** A new group from one or two others. */
  async combine(how: Algebra, first: Group, second: Group): Promise<void> {
    const [a, b] = [first.recipe, second.recipe];
    const names = [first.letter, second.letter].join(` ${how} `);
    switch (how) {
      case 'or':
        return this.create(names, { kind: 'any_of', of: [a, b] });
      case 'and':
        return this.create(names, { kind: 'all_of', of: [a, b] });
      case 'without':
        return this.create(names, { kind: 'all_of', of: [a, { kind: 'not', of: b }] });
      case 'rest':
        return this.create('The rest', { kind: 'not', of: a });
    }
  }

  async rename(group: Group, name: string): Promise<void> {
    if (!name.trim() || name === group.name) return;
    const renamed = { ...group, name };
    await this.#try(async () => {
      await this.#revive(renamed);
      this.#remember(
        `name of ${group.letter}`,
        () => this.#revive(group),
        () => this.#revive(renamed),
      );
    });
  }

  /** Save a group that came with a link. */
  async keep(group: Group): Promise<void> {
    await this.#try(async () => {
      const kept = await this.#usable(await this.#save({ ...group, id: '' }));
      this.#swap(group, kept);
      this.#remember(
        `saving of ${kept.letter}`,
        () => this.#drop(kept).then(() => this.#put(group)),
        () => this.#revive(kept).then(() => this.#swap(group, kept)),
      );
    });
  }

  async remove(group: Group): Promise<void> {
    await this.#try(async () => {
      await this.#drop(group);
      this.removed = group;
      this.#remember(
        `deletion of ${group.letter}`,
        () => this.#revive(group),
        () => this.#drop(group),
      );
    });
  }

  /** Bring back what was deleted last, under its letter if that is still free. */
  async restore(): Promise<void> {
    const group = this.removed;
    if (!group) return;
    await this.#try(async () => {
      await this.#revive(group);
      this.#remember(
        `return of ${group.letter}`,
        () => this.#drop(group),
        () => this.#revive(group),
      );
    });
  }

  /** Show the groups of a link beside the saved ones; who has the same recipe is there already. */
  async show(linked: readonly LinkedGroup[]): Promise<void> {
    const saved = this.items.filter((group) => !this.isLinked(group));
    const free = LETTERS.filter((letter) => !saved.some((group) => group.letter === letter));
    const known = new Set(saved.map((group) => this.#text(group.recipe)));
    const strange = linked.filter((group) => !known.has(this.#text(group.recipe)));
    const shown = strange.map(async (group, i) => {
      const at = Math.max(free.indexOf(group.letter), 0);
      const [letter = group.letter] = free.splice(at, 1);
      return this.#usable({ ...group, letter, id: `${LINKED}${i}`, reason: '' });
    });
    this.items = sorted([...saved, ...(await Promise.all(shown))]);
  }

  /** Those that came with a link and are not saved. */
  get linked(): readonly Group[] {
    return this.items.filter((group) => this.isLinked(group));
  }

  /** Others in their place. */
  putLinked(linked: readonly Group[]): void {
    this.items = sorted([...this.items.filter((group) => !this.isLinked(group)), ...linked]);
  }

  #remember(label: string, undo: () => Promise<void>, redo: () => Promise<void>): void {
    this.#history.add({ label, undo: () => this.#must(undo), redo: () => this.#must(redo) });
  }

  async #drop(group: Group): Promise<void> {
    if (!this.isLinked(group)) await this.#backend.remove_group(group.id);
    this.items = this.items.filter((other) => other.id !== group.id);
    this.removed = null;
  }

  /** As it was, under its id, and under its letter if that is still free. */
  async #revive(group: Group): Promise<void> {
    this.#put(this.isLinked(group) ? group : await this.#usable(await this.#save(group)));
    this.removed = null;
  }

  #swap(gone: Group, come: Group): void {
    this.items = this.items.filter((other) => other.id !== gone.id);
    this.#put(come);
  }

  #save({ id, letter, name, recipe }: Group): Promise<SavedGroup> {
    return this.#backend.save_group(name, recipe, id, LETTERS.indexOf(letter));
  }

  #put(group: Group): void {
    this.items = sorted([...this.items.filter((other) => other.id !== group.id), group]);
  }

  /** The group with its people; what it is bound to is loaded first. */
  async #usable({ id, letter, name, recipe, reason }: Omit<Group, 'mask' | 'n'>): Promise<Group> {
    const nobody = new Uint8Array(this.#selection.n);
    if (reason) return { id, letter, name, recipe, mask: nobody, n: 0, reason };
    try {
      await this.prepare(recipe);
      const { mask, n } = await this.#selection.members(recipe);
      return { id, letter, name, recipe, mask, n, reason: '' };
    } catch (error) {
      const { found, hint } = failureOf(error);
      return { id, letter, name, recipe, mask: nobody, n: 0, reason: `${found} ${hint}` };
    }
  }

  /** Load the columns and maps that a recipe asks of. */
  async prepare(recipe: Recipe): Promise<void> {
    if (this.#cohort.told) return;
    const { columns, maps } = needsOf(recipe);
    await Promise.all([
      this.#cohort.loadColumns([...new Set(columns)]),
      ...maps.map(([space, method]) => this.#cohort.loadPoints(space, method)),
    ]);
  }

  #text(recipe: Recipe): string {
    const text = this.#texts.get(recipe) ?? canonical(recipe);
    this.#texts.set(recipe, text);
    return text;
  }

  #try(act: () => Promise<void>): Promise<void> {
    return this.#must(act).catch(() => undefined);
  }

  /** @throws what went wrong, when it is said in the panel. */
  async #must(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.failure = null;
    } catch (error) {
      this.failure = failureOf(error);
      throw error;
    }
  }
}

function sorted(groups: readonly Group[]): Group[] {
  return [...groups].sort((a, b) => a.letter.localeCompare(b.letter));
}

/** The same text for the same recipe, in whatever order its fields came. */
function canonical(recipe: Recipe): string {
  return JSON.stringify(recipe, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
