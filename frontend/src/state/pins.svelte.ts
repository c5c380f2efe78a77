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
    const before = this.names;
    const others = before.filter((other) => other !== name);
    const pinned = others.length === before.length;
    const after = pinned ? [...before, name] : others;
    this.names = after;
    this.#history.add({
      label: `${pinned ? 'pin' : 'unpinning'} of ${label}`,
      undo: () => void (this.names = before),
      redo: () => void (this.names = after),
    });
  }
}
