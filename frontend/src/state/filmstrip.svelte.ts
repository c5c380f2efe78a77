/** What one dimension does, in five pictures from the start: asked once for each dimension and start. */

import type { Backend, Modality, Recordings } from '../backend/backend';
import { failureOf, type Failure } from './failure';
import { filmsOf, type Film } from './films';
import type { Dim } from './latents.svelte';

export const STEPS_SD = [-2, -1, 0, 1, 2] as const;
/** End of diastole: every cine begins there. */
export const FRAME = 0;

export class Filmstrip {
  /** The dimension that is open. */
  index = $state.raw<number | null>(null);
  tiles = $state.raw<readonly Recordings[]>([]);
  failure = $state.raw<Failure | null>(null);
  /** A heart, or what is drawn first where there is none. */
  readonly film: Film | undefined;

  #backend: Backend;
  #known = new WeakMap<Float32Array, Map<number, readonly Recordings[]>>();
  #asked = 0;

  constructor(backend: Backend, modalities: readonly Modality[]) {
    this.#backend = backend;
    [this.film] = filmsOf(modalities, () => FRAME);
  }

  /** Whether tiles are pictures, each of its own greys; lines of all tiles have one height. */
  get image(): boolean {
    return this.film?.picture.kind === 'cine' || this.film?.picture.kind === 'image';
  }

  async show(start: Float32Array, dim: Dim): Promise<void> {
    const asked = ++this.#asked;
    this.failure = null;
    try {
      const tiles = await this.#drawn(start, dim);
      if (asked === this.#asked) this.tiles = tiles;
    } catch (error) {
      if (asked === this.#asked) this.failure = failureOf(error);
    }
  }

  async #drawn(start: Float32Array, { index, sd }: Dim): Promise<readonly Recordings[]> {
    const known = this.#known.get(start) ?? new Map<number, readonly Recordings[]>();
    this.#known.set(start, known);
    const there = known.get(index);
    if (there) return there;
    this.tiles = [];
    const values = STEPS_SD.map((step) => (start[index] ?? 0) + step * sd);
    const modalities = this.film?.picture.modalities.map((m) => m.name) ?? [];
    const tiles = await this.#backend.traverse(start, { index, values, modalities, frame: FRAME });
    known.set(index, tiles);
    return tiles;
  }
}
