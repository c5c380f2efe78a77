/** What the page shows, as one state: put into a link, kept under a name, opened again. */

import type { Backend, SavedView } from '../backend/backend';
import { decodeLink, encodeLink } from '../lib/link';
import type { Recipe } from '../lib/recipe';
import { brushOf, brushRecipe } from '../lib/recipe-mask';
import type { Store } from '../state.svelte';
import { failureOf, type Failure } from './failure';
import { parsePageState, type PageState } from './page-state';
import type { Source } from './latents.svelte';
import type { Filter } from './selection.svelte';
import { Waiting } from './waiting.svelte';

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
    const { selection, groups, latents, spaces, method, colour, row } = this.#store;
    const { brushes, lasso } = selection.filter;
    const names = latents.columnNames;
    return {
      version: 1,
      run: selection.run,
      brushes: [...brushes].map(([column, brush]) => brushRecipe(column, brush)),
      lasso,
      groups: groups.items.filter((g) => !g.reason).map(({ letter, name, recipe }) => ({ letter, name, recipe })),
      spaces,
      method,
      colour,
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
      history.replaceState(null, '', location.pathname);
      await this.#show(parsePageState(carried));
    });
  }

  async openView(view: SavedView): Promise<void> {
    await this.#open('This view', () => this.#show(parsePageState(view.state)));
  }

  async loadViews(): Promise<void> {
    await this.#try(async () => (this.views = await this.#backend.views()));
  }

  async saveView(name: string): Promise<void> {
    await this.#try(async () => {
      const saved = await this.#backend.save_view(name, this.state);
      this.views = [saved, ...(this.views ?? []).filter((view) => view.name !== saved.name)];
    });
  }

  async removeView(view: SavedView): Promise<void> {
    await this.#try(async () => {
      await this.#backend.remove_view(view.name);
      this.views = (this.views ?? []).filter((other) => other.name !== view.name);
    });
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
    await store.open({ filter, row: state.row });
    store.rank(state.rank);
    await store.startFrom(this.#sourceNamed(state.source));
    store.latents.moveTo(new Map(state.moved));
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
    parts.forEach((part) => selection.mask(part));
    if (row !== null && !(row >= 0 && row < selection.n)) throw new Error(`there is no row ${row}`);
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

  async #try(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      this.failure = null;
    } catch (error) {
      this.failure = failureOf(error);
    }
  }
}
