/** "Make this heart older": a code that is moved along the course of a phenotype. */

import type { Backend, Course, Direction, Phenotype, Reach } from '../backend/backend';
import { along } from '../lib/course';
import type { Cohort } from './cohort.svelte';
import { failureOf, type Failure } from './failure';
import type { Latents } from './latents.svelte';
import { alongWords, comparedWords, figure } from './words';
import { Waiting } from './waiting.svelte';

export class Directions {
  /** The phenotype that is moved; empty before one is chosen. */
  name = $state('');
  reach = $state<Reach>('shared');
  said = $state.raw<Direction | null>(null);
  course = $state.raw<Course | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();

  #backend: Backend;
  #cohort: Cohort;
  #latents: Latents;
  #known: (name: string) => number;

  /** `known` is the value of a phenotype where the dots start, NaN where nobody knows it. */
  constructor(backend: Backend, cohort: Cohort, latents: Latents, known: (name: string) => number) {
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
    if (name === this.name && reach !== this.reach) this.#latents.carry(this.#key, null);
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

  slide(value: number): void {
    const { course, origin, phenotype } = this;
    if (!course || !phenotype || !this.said) return;
    const unit = phenotype.unit ? ` ${phenotype.unit}` : '';
    this.#latents.carry(
      this.#key,
      value === origin
        ? null
        : {
            label: phenotype.label,
            from: figure(origin),
            to: `${figure(value)}${unit}`,
            value,
            offset: along(course, origin, value),
            note: alongWords(phenotype, this.comesAlong),
          },
    );
  }

  get #key(): string {
    return `direction:${this.name}`;
  }
}
