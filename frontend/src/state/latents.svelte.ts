/** The code that is decoded: where it starts, where its dots were dragged, and what the decoders draw from it. */

import type { Backend, RankBy, RankedDim, Recordings, Subject } from '../backend/backend';
import { latest } from '../lib/latest';
import type { Recipe } from '../lib/recipe';
import { GroupAxes } from './axes.svelte';
import { Beat } from './beat.svelte';
import { carriedCode, movedDims, totalOf, withCarried, type Carried, type Carrying } from './carried';
import { OWN_STEPS, type Code } from './code';
import type { Cohort } from './cohort.svelte';
import type { Counting } from './counting';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { columnNames, meanCode, type Around, type Whom } from './mean-code';
import { hasCine } from './pictures';
import { Measuring } from './measuring.svelte';
import { Waiting } from './waiting.svelte';

/** What the rows of the panel are, and in which order; the last two are of a group. */
export type Order = RankBy | { by: 'separates' } | { by: 'axes' };
/** Whose code is dragged: the subject's, or the mean of some; of a group by its letter. */
export type Source = 'subject' | 'selection' | 'everyone' | 'own' | `group ${string}`;

/** One dimension of the full code z, with the mean and spread of the cohort. */
export interface Dim {
  name: string;
  column: string;
  index: number;
  mean: number;
  sd: number;
}

export class Latents {
  source = $state.raw<Source>('everyone');
  start = $state.raw<Float32Array | null>(null);
  now = $state.raw<Float32Array | null>(null);
  /** Decoded where the dots started, and where they are. */
  before = $state.raw<Recordings | null>(null);
  drawn = $state.raw<Recordings | null>(null);
  /** The code that was drawn last: what else is asked of a code waits for its picture. */
  drawnCode = $state.raw<Float32Array | null>(null);
  /** Number of the decode that was drawn last. */
  drawnNumber = $state(0);
  /** Where the code lies on each map, by `space.method`. */
  ghost = $state.raw<ReadonlyMap<string, [number, number]>>(new Map());
  rankBy = $state.raw<Order>({ by: 'variance' });
  ranked = $state.raw<readonly RankedDim[]>([]);
  failure = $state.raw<Failure | null>(null);
  /** Why there is no such order. */
  rankFailure = $state.raw<Failure | null>(null);
  /** Sliders that move all dimensions at once. */
  carried = $state.raw<Carrying>(new Map());

  readonly axes: GroupAxes;
  readonly waiting = new Waiting();
  readonly measuring: Measuring;
  readonly beat: Beat;

  #backend: Backend;
  #cohort: Cohort;
  #counting: Counting;
  #decode: (z: Float32Array) => void;
  #place: (z: Float32Array) => void;
  #visible: () => readonly string[];
  #dims = new Map<string, Dim>();
  #history: History;
  #asked = 0;
  /** The question that was answered last: another one is on its way until then. */
  #begun = 0;
  /** The code before the gesture that goes on. */
  #held: Code | null = null;
  /** The row that the code was encoded from. */
  #row: number | null = null;

  /** `visible` names the maps (`space.method`) on which the code is to be placed. */
  constructor(backend: Backend, cohort: Cohort, counting: Counting, { visible, history }: Around) {
    this.#backend = backend;
    this.#counting = counting;
    this.#history = history;
    this.#cohort = cohort;
    this.#visible = visible;
    this.measuring = new Measuring(backend);
    this.beat = new Beat(backend, hasCine(cohort.description));
    this.axes = new GroupAxes(backend, this);
    const fail = (error: unknown) => (this.failure = failureOf(error));
    this.#decode = latest(
      (z) => backend.decode(z),
      (drawn, z) => this.#show(drawn, z),
      fail,
    );
    this.#place = latest(
      (z) => backend.place(z, visible()),
      (ghost) => (this.ghost = ghost),
      fail,
    );
  }

  get moved(): number[] {
    const { start, now } = this;
    if (!start || !now) return [];
    return movedDims(start, now, totalOf(this.carried));
  }

  /** Null while another one is being encoded. */
  get code(): Code | null {
    const { source, start, now, before, carried } = this;
    if (!start || !now || this.#begun !== this.#asked) return null;
    return { source, start, now, before, carried, row: this.#row };
  }

  /** Names of the columns of z, in order: `joint.z03`, `private_limb.limb02`. */
  get columnNames(): string[] {
    return columnNames(this.#cohort);
  }

  /** Mean and spread of a dimension whose column is loaded. */
  dim(index: number): Dim | null {
    const column = this.columnNames[index] ?? '';
    const known = this.#dims.get(column);
    if (known) return known;
    const spread = this.#counting.spread(column);
    const dim = spread && { name: column.split('.')[1] ?? '', column, index, ...spread };
    if (dim) this.#dims.set(column, dim);
    return dim;
  }

  /** `group` is who is parted from the rest, or whose axes are shown; `few` says why it cannot be. */
  async rank(by: Order, group: Recipe, few: Failure | null = null): Promise<void> {
    this.rankBy = by;
    this.rankFailure = few;
    if (few) return;
    try {
      const ranked = await this.waiting.until(this.#ranked(by, group));
      if (this.rankBy !== by) return;
      this.ranked = ranked;
      this.rankFailure = null;
    } catch (error) {
      if (this.rankBy === by) this.rankFailure = failureOf(error);
    }
  }

  async startFromSubject(subject: Subject): Promise<void> {
    this.source = 'subject';
    const modelled = this.#cohort.description.modalities.filter((m) => m.role === 'modelled');
    const has = modelled.map((m) => m.name).filter((name) => name in subject.recordings);
    await this.#begin(
      this.#backend.encode(subject.row, has).then((posterior) => posterior.mean),
      subject.row,
    );
  }

  /** The code of a recording that is not of the cohort; it is drawn on the maps even before it is moved. */
  async startFromOwn(z: Float32Array): Promise<void> {
    this.source = 'own';
    await this.#begin(Promise.resolve(z), null);
    if (this.#visible().length) this.#place(z);
  }

  /** The mean code of a group, or of everyone. */
  async startFromMean(whom: Whom | null, source: Source = whom ? 'selection' : 'everyone'): Promise<void> {
    this.source = source;
    await this.#begin(meanCode(this.#backend, this.#cohort, whom), null);
  }

  /** Start elsewhere, as a step that can be undone. */
  async startAnew(label: string, start: () => Promise<void>): Promise<void> {
    const before = this.code;
    await start();
    this.#remember(label, before);
  }

  /** Go on from a code that was here before; what is on its way is dropped. */
  put(code: Code): void {
    this.#begun = ++this.#asked;
    this.#held = null;
    const other = code.start !== this.start;
    ({ source: this.source, start: this.start, before: this.before, carried: this.carried } = code);
    this.#row = code.row;
    if (other) {
      this.measuring.begin(code.row, code.start);
      this.beat.begin(code.row, code.start);
    }
    if (!code.before) this.#go(code.start);
    if (code.now !== this.now) this.#go(code.now);
  }

  /** Move one dot; every modality is decoded anew, the newest position wins. One drag is one step of undo. */
  move(index: number, value: number, phase: 'move' | 'end' = 'end'): void {
    this.#drag(`latent ${this.dim(index)?.name ?? index}`, phase, () => {
      const z = this.now?.slice();
      if (!z) return;
      z[index] = value;
      this.#go(z);
    });
  }

  /** Move several dots at once, by the names of their columns. */
  moveTo(values: ReadonlyMap<string, number>): void {
    const z = this.now?.slice();
    if (!z || !values.size) return;
    this.columnNames.forEach((name, index) => (z[index] = values.get(name) ?? z[index] ?? 0));
    this.#go(z);
  }

  /** Set a slider that moves all dimensions, or take it away; dots that were dragged keep what they were dragged by. */
  carry(key: string, carried: Carried | null, phase: 'move' | 'end' = 'end'): void {
    const label = (carried ?? this.carried.get(key))?.label ?? '';
    this.#drag(`slider of ${label}`, phase, () => this.carryUnseen(key, carried));
  }

  /** The same where it is part of another step. */
  carryUnseen(key: string, carried: Carried | null): void {
    if (!this.start || !this.now) return;
    const before = totalOf(this.carried);
    this.carried = withCarried(this.carried, key, carried);
    this.#go(carriedCode(this.start, this.now, before, totalOf(this.carried)));
  }

  /** Other maps are visible now. */
  placeAgain(): void {
    if (this.now) this.#locate(this.now);
  }

  reset(): void {
    this.#drag('reset of the latents', 'end', () => {
      this.carried = new Map();
      if (this.start) this.#go(this.start);
    });
  }

  #drag(label: string, phase: 'move' | 'end', act: () => void): void {
    const before = this.#held ?? this.code;
    const pressed = this.#held === null && phase === 'end';
    act();
    this.#held = phase === 'move' ? before : null;
    if (phase === 'end') this.#remember(label, before, pressed ? { gesture: label } : {});
  }

  #remember(label: string, before: Code | null, more: { gesture?: string } = {}): void {
    const after = this.code;
    if (!before || !after) return;
    const own = after.source === 'own' || before.source === 'own' ? { of: OWN_STEPS } : {};
    this.#history.add({ label, undo: () => this.put(before), redo: () => this.put(after), ...more, ...own });
  }

  async #begin(code: Promise<Float32Array>, row: number | null): Promise<void> {
    const asked = ++this.#asked;
    const z = await this.#try(code);
    if (!z || asked !== this.#asked) return;
    this.#begun = asked;
    this.#held = null;
    this.before = null;
    this.carried = new Map();
    this.start = z;
    this.#row = row;
    this.measuring.begin(row, z);
    this.beat.begin(row, z);
    this.#go(z);
  }

  async #ranked(by: Order, group: Recipe): Promise<readonly RankedDim[]> {
    if (by.by === 'axes') {
      await this.axes.ask(group);
      return this.ranked;
    }
    if (by.by === 'separates') return (await this.#backend.separates(group, { kind: 'not', of: group })).ranked;
    return this.#backend.rank(by);
  }

  #go(z: Float32Array): void {
    this.now = z;
    this.#decode(z);
  }

  /** Only a moved code is drawn on the maps. */
  #locate(z: Float32Array): void {
    if (z !== this.start && this.#visible().length) this.#place(z);
  }

  #show(drawn: Recordings, z: Float32Array): void {
    this.failure = null;
    this.drawn = drawn;
    if (z === this.start) this.before = drawn;
    this.drawnNumber++;
    this.drawnCode = z;
    this.#locate(z);
    this.measuring.follow(this.#row, z);
    this.beat.follow(z);
  }

  async #try<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await this.waiting.until(answer);
    } catch (error) {
      this.failure = failureOf(error);
      return null;
    }
  }
}
