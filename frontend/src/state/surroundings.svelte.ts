/** What lies about the code that is drawn: how dense the cohort is there, and who of the recorded is nearest. */

import type { Backend, Density, Neighbours } from '../backend/backend';
import { latest } from '../lib/latest';
import { failureOf, type Failure } from './failure';
import { Recorded } from './recorded.svelte';

/** Tiles in the card. */
const NEAREST = 4;

export type Near = 'joint' | 'code';

interface Question {
  row: number | null;
  z: Float32Array;
}

export class Surroundings {
  /** Where the dots started, and where they are. */
  source = $state.raw<Density | null>(null);
  now = $state.raw<Density | null>(null);
  neighbours = $state.raw<Neighbours | null>(null);
  /** By which numbers the nearest are found. */
  near = $state<Near>('joint');
  /** Why it is not known how dense it is there, or who is nearest; nothing older stands in its place. */
  densityFailure = $state.raw<Failure | null>(null);
  nearFailure = $state.raw<Failure | null>(null);
  readonly recorded: Recorded;
  #askSource: (question: Question) => void;
  #askNow: (question: Question) => void;
  #askNear: (question: Question & { space: Near }) => void;

  constructor(backend: Backend) {
    const lost = (error: unknown) => {
      this.now = null;
      this.densityFailure = failureOf(error);
    };
    const strangers = (error: unknown) => {
      this.neighbours = null;
      this.nearFailure = failureOf(error);
    };
    const ask = ({ row, z }: Question) => backend.density(row, z);
    this.recorded = new Recorded(backend, strangers);
    this.#askSource = latest(ask, (density) => (this.source = density), lost);
    this.#askNow = latest(
      ask,
      (density) => {
        this.now = density;
        this.densityFailure = null;
      },
      lost,
    );
    this.#askNear = latest(
      ({ row, z, space }) => backend.neighbours(row, z, NEAREST, space),
      (neighbours) => {
        this.neighbours = neighbours;
        this.nearFailure = null;
        this.recorded.want(neighbours.nearest.map((n) => n.row));
      },
      strangers,
    );
  }

  /** The dots start elsewhere; the row of the person whose code it is, who is left out. */
  start(row: number | null, z: Float32Array): void {
    this.#askSource({ row, z });
  }

  /** The dots have moved. */
  follow(row: number | null, z: Float32Array): void {
    this.#askNow({ row, z });
  }

  /** Who is nearest to a subject's own code. */
  find(row: number, z: Float32Array): void {
    this.#askNear({ row, z, space: this.near });
  }
}
