/** Phenotypes whose charts stay at the top of their panel. */

import type { History } from './history.svelte';

export class Pins {
  /** In the order of pinning. */
  names = $state.raw<readonly string[]>([]);
  #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  /** Pin a phenotype, or let it go back to its place. */
  toggle(name: string, label: string): void {
    const others = this.names.filter((other) => other !== name);
    const pinned = others.length === this.names.length;
    const names = pinned ? [...others, name] : others;
    this.#history.set<Pins>(`${pinned ? 'pin' : 'unpinning'} of ${label}`, this, { names });
  }
}
