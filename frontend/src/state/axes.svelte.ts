/** The axes along which the people of a selection differ most, each a slider. */

import type { Axes, Backend } from '../backend/backend';
import type { Recipe } from '../lib/recipe';
import type { Latents } from './latents.svelte';
import { signed } from './words';

export class GroupAxes {
  found = $state.raw<Axes | null>(null);
  #backend: Backend;
  #latents: Latents;
  #asked = 0;

  constructor(backend: Backend, latents: Latents) {
    this.#backend = backend;
    this.#latents = latents;
  }

  /** Rejects when the group is refused. */
  async ask(group: Recipe): Promise<void> {
    const asked = ++this.#asked;
    const found = await this.#backend.axes(group);
    if (asked === this.#asked) this.found = found;
  }

  /** Where the code lies along an axis, from the mean code of the group, now or where the dots started. */
  place(axis: number, when: 'start' | 'now' = 'now'): number {
    const code = this.#latents[when];
    const direction = this.found?.axes[axis];
    const middle = this.found?.middle;
    if (!code || !direction || !middle) return 0;
    return direction.reduce((sum, part, i) => sum + part * ((code[i] ?? 0) - (middle[i] ?? 0)), 0);
  }

  slide(axis: number, to: number, phase: 'move' | 'end' = 'end'): void {
    const direction = this.found?.axes[axis];
    const now = this.#latents.now;
    if (!direction || !now) return;
    const key = `axis:${this.#asked}:${axis}`;
    const amount = (this.#latents.carried.get(key)?.value ?? 0) + to - this.place(axis);
    const offset = Float32Array.from(now, (_, i) => amount * (direction[i] ?? 0));
    const said = { label: `axis ${axis + 1}`, from: signed(to - amount), to: signed(to), value: amount, note: '' };
    this.#latents.carry(key, { ...said, offset }, phase);
  }
}
