/** Answers for the steps of a path: one question in flight, the step that is looked at first, the others behind it.
 *
 *  One list may stand behind another: but for the step that is looked at it asks nothing until that one is full. */

import { SvelteMap } from 'svelte/reactivity';

export class Filled<Answer> {
  readonly answers = new SvelteMap<number, Answer>();
  #ask: (z: Float32Array) => Promise<Answer>;
  #fail: (error: unknown) => void;
  #codes: readonly Float32Array[] = [];
  #wanted: readonly number[] = [];
  #preferred: number | null = null;
  #flying = false;
  #path = 0;
  #front: { full: boolean; behind: (() => void)[] } | null;
  /** What goes on when this list is full. */
  readonly behind: (() => void)[] = [];

  constructor(
    ask: (z: Float32Array) => Promise<Answer>,
    fail: (error: unknown) => void,
    front: { full: boolean; behind: (() => void)[] } | null = null,
  ) {
    this.#ask = ask;
    this.#fail = fail;
    this.#front = front;
    front?.behind.push(() => this.#go());
  }

  /** Nothing is missing, and nothing is on its way. */
  get full(): boolean {
    return !this.#flying && this.#next() === undefined;
  }

  /** Another path; `wanted` are the steps to be answered whether looked at or not, most wanted first. */
  begin(codes: readonly Float32Array[], wanted: readonly number[]): void {
    this.#path++;
    this.answers.clear();
    this.#codes = codes;
    this.#wanted = wanted;
    this.#preferred = null;
    this.#go();
  }

  /** The step that is looked at now is answered next. */
  prefer(step: number): void {
    this.#preferred = step;
    this.#go();
  }

  #next(): number | undefined {
    const missing = (step: number) => !this.answers.has(step);
    if (this.#preferred !== null && missing(this.#preferred)) return this.#preferred;
    if (this.#front && !this.#front.full) return undefined;
    return this.#wanted.find(missing);
  }

  #go(): void {
    const step = this.#next();
    const z = step === undefined ? undefined : this.#codes[step];
    if (this.#flying || step === undefined || !z) return;
    this.#flying = true;
    void this.#answer(step, z, this.#path);
  }

  async #answer(step: number, z: Float32Array, path: number): Promise<void> {
    try {
      const answer = await this.#ask(z);
      if (path === this.#path) this.answers.set(step, answer);
    } catch (error) {
      if (path === this.#path) {
        this.#wanted = [];
        this.#preferred = null;
        this.#fail(error);
      }
    } finally {
      this.#flying = false;
      this.#go();
      if (this.full) for (const go of this.behind) go();
    }
  }
}
