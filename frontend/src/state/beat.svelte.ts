/** The left ventricle through the beat: its area on every frame, and where it is largest and smallest. */

import type { Backend, Recordings, Values } from '../backend/backend';
import { latest } from '../lib/latest';

/** As for measurements: a drag never waits. */
const REST_MS = 200;

/** Frames of end diastole and end systole, counted from 0. */
export interface Marks {
  ed: number;
  es: number;
}

interface Question {
  row: number | null;
  z: Float32Array | null;
  into: 'base' | 'now';
  start: number;
}

export class Beat {
  /** cm2, by the name of the cine; of the recording, or of what was drawn where the dots started. */
  base = $state.raw<Recordings>({});
  now = $state.raw<Recordings>({});
  #askBase: (question: Question) => void;
  #askNow: (question: Question) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #start = 0;
  #cines: boolean;

  /** Without `cines` nothing is asked. */
  constructor(backend: Backend, cines: boolean) {
    this.#cines = cines;
    const ask = ({ row, z }: Question) => backend.areas(row, z);
    const show = (answer: Recordings, question: Question) => {
      if (question.start === this.#start) this[question.into] = answer;
    };
    const forget = () => (this.now = {}); // no curve and no marks: why stands under Measured, which asks the same
    this.#askBase = latest(ask, show, forget);
    this.#askNow = latest(ask, show, forget);
  }

  /** A new start: what was recorded of a row, or what is drawn from a mean code. */
  begin(row: number | null, z: Float32Array): void {
    this.base = {};
    this.now = {};
    this.#start += 1;
    if (this.#cines) this.#askBase({ row, z: row === null ? z : null, into: 'base', start: this.#start });
  }

  /** What is drawn has changed. */
  follow(z: Float32Array): void {
    if (!this.#cines) return;
    clearTimeout(this.#timer);
    const question: Question = { row: null, z, into: 'now', start: this.#start };
    this.#timer = setTimeout(() => {
      this.#askNow(question);
    }, REST_MS);
  }
}

/** Where an area is largest and smallest; null where it was not traced. */
export function marksOf(area: Values | undefined): Marks | null {
  if (!area?.length || area.some((value) => Number.isNaN(value))) return null;
  let [ed, es] = [0, 0];
  area.forEach((value, i) => {
    if (value > (area[ed] ?? 0)) ed = i;
    if (value < (area[es] ?? 0)) es = i;
  });
  return { ed, es };
}
