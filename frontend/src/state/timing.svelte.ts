/** How long the drawings of this visit took, from the question to the answer. */

import type { Backend } from '../backend/backend';

const KEPT = 1000;

export class Timing {
  /** Milliseconds of the last thousand drawings. */
  #all = $state.raw<readonly number[]>([]);

  get n(): number {
    return this.#all.length;
  }

  /** Milliseconds within which 95 of 100 drawings came; NaN before the first. */
  get p95(): number {
    const sorted = [...this.#all].sort((a, b) => a - b);
    return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? NaN;
  }

  add(ms: number): void {
    this.#all = [...this.#all.slice(1 - KEPT), ms];
  }

  /** The same backend, with a clock at its drawings. */
  timed(backend: Backend): Backend {
    const decode: Backend['decode'] = async (z) => {
      const start = performance.now();
      const drawn = await backend.decode(z);
      this.add(performance.now() - start);
      return drawn;
    };
    return { ...backend, decode };
  }
}
