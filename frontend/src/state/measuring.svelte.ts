/** What is measured on recordings and drawings, and predicted: asked when the hand rests, so that a drag never waits. */

import type { Backend, Measured, Predicted } from '../backend/backend';
import { latest } from '../lib/latest';
import { failureOf, type Failure } from './failure';

const REST_MS = 150;

interface Question {
  row: number | null;
  z: Float32Array | null;
  into: 'base' | 'now';
  /** Which start it belongs to: an answer that comes after another start is of somebody else. */
  start: number;
}

/** One line of the table: before is recorded, or drawn where the dots started. */
export interface Reading {
  name: string;
  label: string;
  unit: string;
  before: Measured | null;
  now: Measured | null;
  /** From the code that is drawn now, where a phenotype has the name of the measurement. */
  predicted: Predicted | null;
}

export class Measuring {
  base = $state.raw<readonly Measured[]>([]);
  now = $state.raw<readonly Measured[]>([]);
  predicted = $state.raw<readonly Predicted[]>([]);
  failure = $state.raw<Failure | null>(null);
  #askBase: (question: Question) => void;
  #askNow: (question: Question) => void;
  #predict: (question: Question) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #start = 0;

  constructor(backend: Backend) {
    const ask = (question: Question) => backend.measure(question.row, question.z);
    const show = (answer: Measured[], question: Question) => {
      if (question.start !== this.#start) return;
      this.failure = null;
      this[question.into] = answer;
    };
    const fail = (error: unknown) => (this.failure = failureOf(error));
    this.#askBase = latest(ask, show, fail);
    this.#askNow = latest(ask, show, fail);
    this.#predict = latest(
      ({ row, z }: Question) => (z ? backend.predict(row, z) : Promise.resolve([])),
      (answer, { start }) => {
        if (start === this.#start) this.predicted = answer;
      },
      () => (this.predicted = []), // a run that is not evaluated yet predicts nothing: the column stays away
    );
  }

  /** A new start: what was recorded of a row, or what is drawn from a mean code. */
  begin(row: number | null, z: Float32Array): void {
    this.base = [];
    this.now = [];
    this.predicted = [];
    this.#start += 1;
    this.#askBase({ row, z: row === null ? z : null, into: 'base', start: this.#start });
  }

  /** What is drawn has changed. */
  follow(row: number | null, z: Float32Array): void {
    clearTimeout(this.#timer);
    const question: Question = { row, z, into: 'now', start: this.#start };
    this.#timer = setTimeout(() => {
      this.#askNow(question);
      this.#predict(question);
    }, REST_MS);
  }

  get readings(): Reading[] {
    return readings(this.base, this.now, this.predicted);
  }
}

/** The lists side by side, in the order of the first. */
export function readings(
  base: readonly Measured[],
  now: readonly Measured[],
  predicted: readonly Predicted[] = [],
): Reading[] {
  const all = base.length ? base : now;
  return all.map(({ name, label, unit }) => ({
    name,
    label,
    unit,
    before: base.find((m) => m.name === name) ?? null,
    now: now.find((m) => m.name === name) ?? null,
    predicted: predicted.find((p) => p.name === name) ?? null,
  }));
}
