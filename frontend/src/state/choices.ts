/** Choices by hand of what the page shows: each is a step that can be undone. */

import type { Store } from '../state.svelte';
import type { Detail } from './detail.svelte';
import type { Order } from './latents.svelte';

const MAX_MAPS = 3;

/** Show or hide the map of a space; at least one and at most three stay. */
export function toggleMap(store: Store, space: string): Promise<void> {
  const others = store.spaces.filter((name) => name !== space);
  const more = others.length === store.spaces.length;
  return chooseMaps(store, more ? [...others.slice(1 - MAX_MAPS), space] : others, store.method);
}

/** Other maps, or other ways to draw them; a choice that cannot be drawn is no step. */
export async function chooseMaps(store: Store, chosen: readonly string[], method: string): Promise<void> {
  const before = { spaces: store.spaces, method: store.method };
  if (chosen.length === 0) return;
  await store.showMaps(chosen, method);
  const after = { spaces: store.spaces, method: store.method };
  if (after.spaces.join() === before.spaces.join() && after.method === before.method) return;
  store.history.add({
    label: 'choice of maps',
    undo: () => store.showMaps(before.spaces, before.method),
    redo: () => store.showMaps(after.spaces, after.method),
  });
}

export function chooseColour(store: Store, colour: string): void {
  store.history.set(`colour by ${store.cohort.phenotype(colour)?.label ?? 'groups'}`, store, { colour });
}

/** The simple page or the whole, with the maps and the order that go with it. */
export function chooseDetail(store: Store, detail: Detail): void {
  const before = { detail: store.detail.choice, method: store.method, order: store.latents.rankBy };
  if (detail === before.detail) return;
  const back = (): void => {
    store.detail.choose(before.detail);
    if (store.method !== before.method) void store.showMaps(store.spaces, before.method);
    if (store.latents.rankBy !== before.order) store.rank(before.order);
  };
  store.show(detail);
  store.history.add({ label: `${detail} page`, undo: back, redo: () => store.show(detail) });
}

/** Translate from another modality. */
export function chooseFrom(store: Store, from: string): void {
  const before = store.translation.from;
  if (from === before) return;
  store.translate(from);
  store.history.add({
    label: 'what is translated',
    undo: () => store.translate(before),
    redo: () => store.translate(from),
  });
}

/** Another order of the dimensions; orders of a group are of those selected when they are shown. */
export function chooseOrder(store: Store, order: Order): void {
  const before = store.latents.rankBy;
  store.rank(order);
  store.history.add({
    label: 'order of the latents',
    undo: () => store.rank(before),
    redo: () => store.rank(order),
  });
}
