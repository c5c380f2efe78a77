/** Recordings of subjects who are shown beside what is drawn; fetched once, one after another. */

import { SvelteMap } from 'svelte/reactivity';
import type { Backend, Subject } from '../backend/backend';

/** More than a path and a card show. */
const MOST = 48;

export class Recorded {
  readonly subjects = new SvelteMap<number, Subject>();
  #backend: Backend;
  #fail: (error: unknown) => void;
  #wanted: readonly number[] = [];
  #flying = false;

  constructor(backend: Backend, fail: (error: unknown) => void) {
    this.#backend = backend;
    this.#fail = fail;
  }

  /** These rows, most wanted first; what was wanted before and is not there yet is forgotten. */
  want(rows: readonly number[]): void {
    this.#wanted = rows;
    void this.#go();
  }

  async #go(): Promise<void> {
    const row = this.#wanted.find((wanted) => !this.subjects.has(wanted));
    if (this.#flying || row === undefined) return;
    this.#flying = true;
    try {
      const subject = await this.#backend.subject(row);
      if (this.subjects.size >= MOST) this.#forget();
      this.subjects.set(row, subject);
    } catch (error) {
      this.#wanted = [];
      this.#fail(error);
    } finally {
      this.#flying = false;
    }
    void this.#go();
  }

  #forget(): void {
    for (const row of [...this.subjects.keys()]) if (!this.#wanted.includes(row)) this.subjects.delete(row);
  }
}
