/** A walk from one code to another: the path, and what is drawn, measured and predicted at its steps. */

import type { Backend, How, Measured, Predicted, Recordings, Subject, WalkPath } from '../backend/backend';
import type { Cohort } from './cohort.svelte';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { Filled } from './filled.svelte';
import { meanCode } from './mean-code';
import { Recorded } from './recorded.svelte';
import { Waiting } from './waiting.svelte';
import type { End } from './walk-ends';

export const STEPS = 61;
export const TILES = [0, 10, 20, 30, 40, 50, 60] as const;
/** Steps at which the lines of what is predicted have a corner. */
const CORNERS = Array.from({ length: 13 }, (_, i) => 5 * i);
const ALL = Array.from({ length: STEPS }, (_, i) => i);
const REST_MS = 150;

/** What is chosen of a walk. */
export interface Ends {
  a: string;
  b: string;
  second: number | null;
  how: How;
  part: string;
}

export class Walk {
  /** Chosen ends, by `End.value`. */
  a = $state('selection');
  b = $state('rest');
  second = $state<number | null>(null);
  how = $state<How>('straight');
  /** Which numbers walk: all, or one space of the layout. */
  part = $state('all');
  step = $state(0);
  path = $state.raw<WalkPath | null>(null);
  /** The step whose picture is shown: the slider's, or the last one that was there. */
  shown = $state(0);
  /** Phenotypes that the reader added to the read-outs, by key. */
  chosen = $state.raw<readonly string[]>([]);
  failure = $state.raw<Failure | null>(null);

  readonly waiting = new Waiting();
  readonly drawn: Filled<Recordings>;
  readonly measured: Filled<Measured[]>;
  readonly predicted: Filled<Predicted[]>;
  readonly placed: Filled<Map<string, [number, number]>>;
  readonly recorded: Recorded;
  /** Whether anything is predicted: a run that is not evaluated yet predicts nothing. */
  predicts = $state(true);

  #backend: Backend;
  #cohort: Cohort;
  #history: History;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `maps` names those (`space.method`) on which the path is drawn. */
  constructor(backend: Backend, cohort: Cohort, maps: () => readonly string[], history: History) {
    this.#history = history;
    this.#backend = backend;
    this.#cohort = cohort;
    const fail = (error: unknown) => (this.failure = failureOf(error));
    this.drawn = new Filled((z) => backend.decode(z), fail);
    this.measured = new Filled((z) => backend.measure(null, z), fail);
    this.predicted = new Filled(
      (z) => backend.predict(null, z),
      () => (this.predicts = false),
      this.drawn,
    );
    this.placed = new Filled((z) => backend.place(z, maps()), fail);
    this.recorded = new Recorded(backend, fail);
  }

  /** The nearest recorded row at a step. */
  nearest(step: number): number | null {
    const row = this.path?.nearest[step] ?? -1;
    return row < 0 ? null : row; // nobody is named where single people are not shown
  }

  near(step: number): Subject | null {
    return this.recorded.subjects.get(this.nearest(step) ?? -1) ?? null;
  }

  /** Lay the path between two ends; what belonged to another one is dropped when it comes. */
  async go(a: End, b: End): Promise<void> {
    const asked = ++this.#asked;
    try {
      const path = await this.waiting.until(this.#lay(a, b));
      if (asked === this.#asked) this.#begin(path);
    } catch (error) {
      if (asked === this.#asked) this.failure = failureOf(error);
    }
  }

  /** Other ends, another way or other numbers, as a step that can be undone. */
  choose(change: Partial<Ends>): void {
    const label = 'a' in change || 'b' in change || 'second' in change ? 'ends of the walk' : 'way of the walk';
    this.#history.set(label, this, change);
  }

  /** Nothing to walk between. */
  clear(): void {
    this.#asked++;
    this.path = null;
  }

  moveTo(step: number): void {
    this.step = Math.min(Math.max(step, 0), STEPS - 1);
    this.#look();
  }

  /** The picture of a step is there: only now is the step placed and predicted, so that neither delays the picture. */
  show(step: number): void {
    this.shown = step;
    this.placed.prefer(step);
    this.predicted.prefer(step);
  }

  async #lay(a: End, b: End): Promise<WalkPath> {
    const [from, to] = await Promise.all([this.#code(a), this.#code(b)]);
    return this.#backend.interpolate(from, this.#walking(from, to), STEPS, this.how);
  }

  async #code({ row, whom }: End): Promise<Float32Array> {
    if (row === null) return meanCode(this.#backend, this.#cohort, whom);
    const { recordings } = await this.#backend.subject(row);
    const modelled = this.#cohort.description.modalities.filter((m) => m.role === 'modelled' && m.name in recordings);
    return (
      await this.#backend.encode(
        row,
        modelled.map((m) => m.name),
      )
    ).mean;
  }

  /** Where the walk ends when only one part of the numbers walks: the others stay as they are at its start. */
  #walking(from: Float32Array, to: Float32Array): Float32Array {
    const part = this.#cohort.description.layout.find(({ space }) => space === this.part);
    if (!part) return to;
    const end = from.slice();
    end.set(to.subarray(part.start, part.stop), part.start);
    return end;
  }

  #begin(path: WalkPath): void {
    this.failure = null;
    this.path = path;
    this.drawn.begin(path.z, [...TILES, ...ALL]);
    this.placed.begin(path.z, TILES);
    this.predicted.begin(path.z, [...CORNERS, ...ALL]);
    this.measured.begin(path.z, TILES);
    this.#look();
  }

  #look(): void {
    const { step } = this;
    if (!this.path) return;
    this.drawn.prefer(step);
    const rows = [step, ...TILES].flatMap((one) => this.nearest(one) ?? []);
    this.recorded.want(rows);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.measured.prefer(step), REST_MS);
  }
}
