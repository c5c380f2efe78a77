/** Translate: one modality goes in, the others are drawn from it alone, with the bands in which they are expected. */

import type { Backend, Recordings, Subject, Translated } from '../backend/backend';
import { latest } from '../lib/latest';
import { failureOf, type Failure } from './failure';
import { Waiting } from './waiting.svelte';

interface Question {
  row: number;
  from: string;
}

type Answer = ReadonlyMap<string, Translated>;

export class Translation {
  /** The modality that goes in. */
  from = $state.raw('');
  answer = $state.raw<Answer | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();
  #asked = $state.raw<Question | null>(null);
  #ask: (question: Question) => void;

  constructor(backend: Backend, from: string) {
    this.from = from;
    this.#ask = latest(
      ({ row, from: source }: Question) => this.waiting.until(backend.translate(row, source)),
      (answer, question) => {
        if (question === this.#asked) this.answer = answer;
      },
      (error) => (this.failure = failureOf(error)),
    );
  }

  /** Whose translation is shown, or on its way. */
  get row(): number | null {
    return this.#asked?.row ?? null;
  }

  /** What is drawn of each modality. */
  get drawn(): Recordings | null {
    return this.answer && pick(this.answer, (each) => each.mean);
  }

  /** Bounds of the bands, of the modalities that have any. */
  get low(): Recordings {
    return pick(banded(this.answer), (each) => each.low);
  }

  get high(): Recordings {
    return pick(banded(this.answer), (each) => each.high);
  }

  draw(subject: Subject, from: string): void {
    if (this.#asked?.row === subject.row && this.#asked.from === from && !this.failure) return;
    this.from = from;
    this.failure = null;
    this.answer = null;
    this.#asked = { row: subject.row, from };
    if (from in subject.recordings) this.#ask(this.#asked);
  }
}

function pick(answer: Answer, part: (each: Translated) => Recordings[string]): Recordings {
  return Object.fromEntries([...answer].map(([name, each]) => [name, part(each)]));
}

/** Without bounds, every bound is NaN. */
function banded(answer: Answer | null): Answer {
  return new Map([...(answer ?? [])].filter(([, { low }]) => low.some((value) => !Number.isNaN(value))));
}
