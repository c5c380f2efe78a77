/** "Make this heart older": a code that is moved along the course of a phenotype. */

import type { Backend, Course, Direction, Phenotype, Reach } from '../backend/backend';
import { along } from '../lib/course';
import { mean, median, numbersOf } from '../lib/stats';
import type { Cohort } from './cohort.svelte';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { OWN_STEPS } from './code';
import type { Latents, Source } from './latents.svelte';
import { alongWords, comparedWords, placeWords } from './words';
import { Waiting } from './waiting.svelte';

/** The phenotype where the dots start: of the subject, or in the middle of the selection; NaN where nobody knows it. */
export function startValue(
  cohort: Cohort,
  name: string,
  source: Source,
  who: { row: number | null; mask: () => Uint8Array },
): number {
  const values = numbersOf(cohort.columns.get(name));
  if (!values) return NaN;
  if (source === 'subject') return values[who.row ?? -1] ?? NaN;
  if (source !== 'selection') return NaN;
  return cohort.phenotype(name)?.levels.length ? mean(values, who.mask()) : median(values, who.mask());
}

export class Directions {
  /** The phenotype that is moved; empty before one is chosen. */
  name = $state('');
  reach = $state<Reach>('all');
  said = $state.raw<Direction | null>(null);
  course = $state.raw<Course | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();

  #backend: Backend;
  #cohort: Cohort;
  #latents: Latents;
  #history: History;
  #known: (name: string) => number;

  /** `known` is the value of a phenotype where the dots start, NaN where nobody knows it. */
  constructor(backend: Backend, cohort: Cohort, latents: Latents, history: History, known: (name: string) => number) {
    this.#history = history;
    this.#backend = backend;
    this.#cohort = cohort;
    this.#latents = latents;
    this.#known = known;
  }

  get phenotype(): Phenotype | undefined {
    return this.#cohort.phenotype(this.name);
  }

  /** Where the dots start, in the unit of the phenotype: the value of the source within the slider, else its centre. */
  get origin(): number {
    const { low, centre, high } = this.said ?? {};
    const known = this.#known(this.name);
    if (Number.isNaN(known)) return centre ?? NaN;
    return Math.min(Math.max(known, low ?? known), high ?? known);
  }

  /** What goes with the phenotype in this cohort, in words. */
  get comesAlong(): string[] {
    return (this.said?.along ?? []).flatMap(({ name, value }) => {
      const other = this.#cohort.phenotype(name);
      return other ? [comparedWords(other, value)] : [];
    });
  }

  get value(): number {
    return this.#latents.carried.get(this.#key)?.value ?? this.origin;
  }

  /** Another phenotype, or the same with other dimensions; what was moved along it before goes back. */
  async choose(name: string, reach: Reach = this.reach): Promise<void> {
    const [before, with_, code] = [this.name, this.reach, this.#latents.code];
    const back = () => this.#choose(before, with_).then(() => code && this.#latents.put(code));
    const label = `direction of ${this.#cohort.phenotype(name || before)?.label ?? ''}`;
    const of = code?.source === 'own' ? { of: OWN_STEPS } : {};
    this.#history.add({ label, undo: async () => void (await back()), redo: () => this.#choose(name, reach), ...of });
    await this.#choose(name, reach);
  }

  async #choose(name: string, reach: Reach): Promise<void> {
    if (name === this.name && reach !== this.reach) this.#latents.carryUnseen(this.#key, null);
    this.name = name;
    this.reach = reach;
    this.said = null;
    this.course = null;
    this.failure = null;
    if (!name) return;
    const still = () => name === this.name && reach === this.reach;
    try {
      const said = await this.waiting.until(this.#backend.direction(name, reach));
      if (!still()) return;
      this.said = said;
      if (said.reason) return;
      const course = await this.waiting.until(this.#backend.course(name, reach));
      if (still()) this.course = course;
    } catch (error) {
      if (still()) this.failure = failureOf(error);
    }
  }

  slide(value: number, phase: 'move' | 'end' = 'end'): void {
    const { course, origin, phenotype } = this;
    if (!course || !phenotype || !this.said) return;
    const unit = phenotype.unit ? ` ${phenotype.unit}` : '';
    this.#latents.carry(
      this.#key,
      value === origin
        ? null
        : {
            label: phenotype.label,
            from: placeWords(phenotype, origin),
            to: `${placeWords(phenotype, value)}${unit}`,
            value,
            offset: along(course, origin, value),
            note: alongWords(phenotype, this.comesAlong),
          },
      phase,
    );
  }

  get #key(): string {
    return `direction:${this.name}`;
  }
}
