/** What the page shows, as one state: put into a link, kept under a name, opened again. */

import type { Backend, SavedView } from '../backend/backend';
import { decodeLink, encodeLink } from '../lib/link';
import type { Recipe } from '../lib/recipe';
import { brushOf, brushRecipe } from '../lib/recipe-mask';
import type { Moment, Store } from '../state.svelte';
import { failureOf, type Failure } from './failure';
import { parsePageState, type PageState } from './page-state';
import type { Group } from './groups.svelte';
import type { Order, Source } from './latents.svelte';
import type { Filter } from './selection.svelte';
import { visit, type Tab } from './tabs';
import { Waiting } from './waiting.svelte';

/** All that opening a link or a view changes. */
interface Page {
  moment: Moment;
  tab: Tab;
  spaces: readonly string[];
  method: string;
  colour: string;
  pinned: readonly string[];
  rank: Order;
  linked: readonly Group[];
}

export class Memory {
  /** Named views, the newest first; null until they are asked for. */
  views = $state.raw<readonly SavedView[] | null>(null);
  /** Why views cannot be listed or kept. */
  failure = $state.raw<Failure | null>(null);
  /** Why a link or view could not be opened. */
  openFailure = $state.raw<Failure | null>(null);

  readonly waiting = new Waiting();
  #backend: Backend;
  #store: Store;

  constructor(backend: Backend, store: Store) {
    this.#backend = backend;
    this.#store = store;
  }

  /** Everything but who: recipes, choices, a row and moved latents. */
  get state(): PageState {
    const { selection, groups, latents, tab, spaces, method, colour, pins, row } = this.#store;
    const { brushes, lasso } = selection.filter;
    const names = latents.columnNames;
    return {
      version: 1,
      run: selection.run,
      brushes: [...brushes].map(([column, brush]) => brushRecipe(column, brush)),
      lasso,
      tab,
      groups: groups.usable.map(({ letter, name, recipe }) => ({ letter, name, recipe })),
      spaces,
      method,
      colour,
      pinned: pins.names,
      row,
      rank: latents.rankBy,
      source: latents.source,
      moved: latents.moved.map((index) => [names[index] ?? '', latents.now?.[index] ?? 0]),
    };
  }

  /** The address of this page with all that it shows. */
  async link(): Promise<string> {
    const { origin, pathname } = location;
    return `${origin}${pathname}${await encodeLink(this.state)}`;
  }

  /** Show what the fragment of an address carries, if it is one of ours. */
  async openLink(fragment: string): Promise<void> {
    await this.#open('This link', async () => {
      const carried = await decodeLink(fragment);
      if (carried === null) return;
      history.replaceState({ tab: this.#store.tab }, '', location.pathname);
      await this.#shown('opening of a link', parsePageState(carried));
    });
  }

  async openView(view: SavedView): Promise<void> {
    await this.#open('This view', () => this.#shown(`view ${view.name}`, parsePageState(view.state)));
  }

  async loadViews(): Promise<void> {
    await this.#try(async () => (this.views = await this.#backend.views()));
  }

  async saveView(name: string): Promise<void> {
    await this.#try(async () => {
      const before = this.views?.find((view) => view.name === name);
      const saved = await this.#keep(name, { ...this.state });
      const undo = () => (before ? this.#keep(name, before.state).then(() => undefined) : this.#drop(saved));
      this.#remember(`saving of view ${name}`, undo, () => this.#keep(name, saved.state));
    });
  }

  async removeView(view: SavedView): Promise<void> {
    await this.#try(async () => {
      await this.#drop(view);
      this.#remember(
        `deletion of view ${view.name}`,
        () => this.#keep(view.name, view.state),
        () => this.#drop(view),
      );
    });
  }

  async #keep(name: string, state: SavedView['state']): Promise<SavedView> {
    const saved = await this.#backend.save_view(name, state);
    this.views = [saved, ...(this.views ?? []).filter((view) => view.name !== saved.name)];
    return saved;
  }

  async #drop(view: SavedView): Promise<void> {
    await this.#backend.remove_view(view.name);
    this.views = (this.views ?? []).filter((other) => other.name !== view.name);
  }

  #remember(label: string, undo: () => Promise<unknown>, redo: () => Promise<unknown>): void {
    this.#store.history.add({ label, undo: () => this.#must(undo), redo: () => this.#must(redo) });
  }

  /** Show another state, as one step that can be undone. */
  async #shown(label: string, state: PageState): Promise<void> {
    const before = this.#page;
    await this.#show(state);
    const after = this.#page;
    this.#store.history.add({ label, undo: () => this.#put(before), redo: () => this.#put(after) });
  }

  get #page(): Page {
    const { moment, tab, spaces, method, colour, pins, latents, groups } = this.#store;
    return { moment, tab, spaces, method, colour, pinned: pins.names, rank: latents.rankBy, linked: groups.linked };
  }

  async #put({ moment, tab, spaces, method, colour, pinned, rank, linked }: Page): Promise<void> {
    const store = this.#store;
    store.groups.putLinked(linked);
    await store.showMaps(spaces, method);
    store.colour = colour;
    store.pins.names = pinned;
    visit(store, tab);
    await store.go(moment);
    store.rank(rank);
  }

  async #show(state: PageState): Promise<void> {
    const store = this.#store;
    if (state.run !== store.selection.run) {
      throw new Error(`it belongs to run ${state.run}, this is run ${store.selection.run}`);
    }
    const filter = await this.#filter(state);
    await store.groups.show(state.groups);
    await store.showMaps(state.spaces, state.method);
    if (store.canColour(state.colour)) store.colour = state.colour;
    store.pins.names = state.pinned.filter((name) => store.cohort.charted.some((p) => p.name === name));
    await store.go({ filter, row: store.cohort.told ? null : state.row, code: null });
    store.rank(state.rank);
    await store.startFrom(this.#sourceNamed(state.source));
    store.latents.moveTo(new Map(state.moved));
    visit(store, state.tab);
  }

  /** Whose code a link names, as far as that is here. */
  #sourceNamed(name: string): Source {
    const letter = this.#store.groups.items.find((group) => name === `group ${group.letter}`)?.letter;
    if (letter) return `group ${letter}`;
    if (name === 'subject' && this.#store.subject) return name;
    return name === 'selection' ? name : 'everyone';
  }

  /** @throws Error where a part of it asks for what is not here; nothing is changed then. */
  async #filter({ brushes, lasso, row }: PageState): Promise<Filter> {
    const { groups, selection } = this.#store;
    const parts: Recipe[] = [...brushes, ...(lasso ? [lasso] : [])];
    await Promise.all(parts.map((part) => groups.prepare(part)));
    await Promise.all(parts.map(async (part) => selection.members(part)));
    if (row !== null && !this.#store.cohort.told && !(row >= 0 && row < selection.n))
      throw new Error(`there is no row ${row}`);
    return { brushes: new Map(brushes.map((part) => [part.column, brushOf(part)])), lasso };
  }

  async #open(what: string, act: () => Promise<void>): Promise<void> {
    this.openFailure = null;
    try {
      await this.waiting.until(act());
    } catch (error) {
      const { found } = failureOf(error);
      this.openFailure = { code: '', found: `${what} cannot be opened: ${found}`, hint: 'The page stays as it was.' };
    }
  }

  #try(act: () => Promise<unknown>): Promise<void> {
    return this.#must(act).catch(() => undefined);
  }

  /** @throws what went wrong, when it is said in the dialog. */
  async #must(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      this.failure = null;
    } catch (error) {
      this.failure = failureOf(error);
      throw error;
    }
  }
}
