/** Translate: one modality goes in, the others are drawn from it alone. */

import type { Backend, Recordings, Subject } from '../backend/backend';
import { failureOf, type Failure } from './failure';

export class Translation {
  /** The modality that goes in. */
  from = $state.raw('');
  drawn = $state.raw<Recordings | null>(null);
  failure = $state.raw<Failure | null>(null);
  #backend: Backend;
  #asked = 0;

  constructor(backend: Backend, from: string) {
    this.#backend = backend;
    this.from = from;
  }

  async draw(subject: Subject, from: string): Promise<void> {
    const asked = ++this.#asked;
    this.from = from;
    this.failure = null;
    this.drawn = null;
    if (!(from in subject.recordings)) return;
    try {
      const { mean } = await this.#backend.encode(subject.row, [from]);
      const drawn = await this.#backend.decode(mean);
      if (asked === this.#asked) this.drawn = drawn;
    } catch (error) {
      if (asked === this.#asked) this.failure = failureOf(error);
    }
  }
}
