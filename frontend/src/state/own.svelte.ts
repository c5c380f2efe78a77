/** An ECG that is not of the cohort: dropped on the page, encoded, shown, and forgotten when it is closed. */

import type { Backend, Neighbours, Own, Predicted } from '../backend/backend';
import type { Store } from '../state.svelte';
import { failureOf, type Failure } from './failure';
import { OWN_STEPS } from './code';
import { Recorded } from './recorded.svelte';
import { visit } from './tabs';
import { Waiting } from './waiting.svelte';

const NEAREST = 4;

export class OwnEcg {
  name = $state('');
  answer = $state.raw<Own | null>(null);
  predicted = $state.raw<readonly Predicted[]>([]);
  /** Why nothing is predicted. */
  unpredicted = $state('');
  neighbours = $state.raw<Neighbours | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();
  readonly recorded: Recorded;
  #backend: Backend;
  #store: Store;
  #asked = 0;

  constructor(backend: Backend, store: Store) {
    this.#backend = backend;
    this.#store = store;
    this.recorded = new Recorded(backend, (error) => (this.failure = failureOf(error)));
  }

  get open(): boolean {
    return this.answer !== null || this.failure !== null;
  }

  /** Read dropped files and draw what the model makes of them; those that are dropped last win. */
  async read(files: readonly File[]): Promise<void> {
    const asked = ++this.#asked;
    this.#forget();
    this.name = files.map((file) => file.name).join(', ');
    try {
      const contents = files.map(async (file): Promise<[string, Uint8Array]> => [file.name, await bytesOf(file)]);
      const answer = await this.waiting.until(Promise.all(contents).then((all) => this.#backend.own(new Map(all))));
      if (asked !== this.#asked) return;
      this.answer = answer;
      void this.#surround(answer, asked);
      await this.draw();
    } catch (error) {
      if (asked === this.#asked) this.failure = failureOf(error);
    }
  }

  /** Put its code under the dots. */
  async draw(): Promise<void> {
    if (!this.answer) return;
    visit(this.#store, 'explore');
    this.#store.player.beat(this.answer.rr);
    await this.#store.latents.startFromOwn(this.answer.z);
  }

  close(): void {
    this.#forget();
    const store = this.#store;
    if (store.latents.source === 'own') void store.startFrom(store.subject ? 'subject' : 'everyone');
  }

  #forget(): void {
    this.#store.history.forget(OWN_STEPS);
    this.answer = null;
    this.failure = null;
    this.predicted = [];
    this.unpredicted = '';
    this.neighbours = null;
  }

  async #surround({ z, modalities }: Own, asked: number): Promise<void> {
    const space = modalities.length === 1 ? modalities[0] : 'joint';
    const neighbours = this.#backend.neighbours(null, z, NEAREST, 'joint').then((found) => {
      if (asked !== this.#asked) return;
      this.neighbours = found;
      this.recorded.want(found.nearest.map((one) => one.row));
    });
    const predicted = this.#backend.predict(null, z, space).then(
      (found) => asked === this.#asked && (this.predicted = found.filter((one) => !one.reason)),
      (error: unknown) => (this.unpredicted = failureOf(error).found),
    );
    await Promise.all([neighbours.catch((error: unknown) => (this.failure = failureOf(error))), predicted]);
  }
}

async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}
