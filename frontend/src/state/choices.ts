/** Choices by hand of what the page shows: each is a step that can be undone. */

import type { Store } from '../state.svelte';
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
  const before = store.colour;
  store.colour = colour;
  const label = `colour by ${store.cohort.phenotype(colour)?.label ?? 'groups'}`;
  const back = { undo: () => void (store.colour = before), redo: () => void (store.colour = colour) };
  store.history.add({ label, ...back });
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
