/** What is loaded of the cohort: description, names, columns and maps; more columns and maps come when asked for. */

import { SvelteMap } from 'svelte/reactivity';
import type { Backend, Column, Description, Phenotype, Space } from '../backend/backend';
import { RULES } from '../lib/disclosure';
import { Saving } from './saving.svelte';
import { Told } from './told.svelte';

export interface Names {
  ids: readonly string[];
  visits: readonly string[];
}

interface Loaded {
  names: Names;
  columns: ReadonlyMap<string, Column>;
  told?: Told | null;
}

export class Cohort {
  readonly description: Description;
  readonly names: Names;
  /** Phenotypes, `part` and the latent dimensions asked for so far. */
  readonly columns = new SvelteMap<string, Column>();
  /** Maps asked for so far, by `space.method`. */
  readonly points = new SvelteMap<string, Float32Array>();
  /** Files of what is shown. */
  readonly saving: Saving;
  /** Counts by the server, where single people are not shown and the page holds no column; else null. */
  readonly told: Told | null;
  #backend: Backend;

  constructor(backend: Backend, description: Description, { names, columns, told = null }: Loaded) {
    this.#backend = backend;
    this.told = told;
    this.saving = new Saving(backend, description);
    this.description = description;
    this.names = names;
    for (const [name, column] of columns) this.columns.set(name, column);
  }

  get n(): number {
    return this.description.n;
  }

  /** Spaces that have maps, in the order of the description. */
  get mapSpaces(): Space[] {
    const { spaces, maps } = this.description;
    return spaces.filter((space) => maps.some((map) => map.space === space.name));
  }

  get methods(): string[] {
    return [...new Set(this.description.maps.map((map) => map.method))];
  }

  /** What has a chart and colours the maps: phenotypes, and what the model tells of each row. */
  get charted(): readonly Phenotype[] {
    return chartedOf(this.description);
  }

  phenotype(name: string): Phenotype | undefined {
    return this.charted.find((p) => p.name === name);
  }

  /** `S-01460`, with the visit where the person has several rows. */
  title(row: number): string {
    const id = this.names.ids[row] ?? '';
    const alone = this.description.people === this.n;
    return alone ? id : `${id}, visit ${this.names.visits[row] ?? ''}`;
  }

  async loadColumns(names: readonly string[]): Promise<void> {
    if (this.told) return this.told.loadColumns(names);
    const missing = names.filter((name) => !this.columns.has(name));
    if (!missing.length) return;
    const columns = await this.#backend.columns(missing);
    for (const [name, column] of columns) this.columns.set(name, column);
  }

  async loadPoints(space: string, method: string): Promise<void> {
    if (this.told) return this.told.loadMap(space, method);
    const key = `${space}.${method}`;
    if (!this.points.has(key)) this.points.set(key, await this.#backend.points(space, method));
  }
}

/** Whether the server shows single people: their points, columns, recordings. */
export function showsPeople({ disclosure }: Description): boolean {
  return RULES[disclosure].alone;
}

export function chartedOf({ phenotypes, told }: Description): readonly Phenotype[] {
  return [...phenotypes, ...told];
}

/** The first maps and what they are of: there before the columns are. */
export interface FirstMaps {
  description: Description;
  spaces: readonly Space[];
  method: string;
  /** By `space.method`. */
  points: ReadonlyMap<string, Float32Array>;
}

/** Maps of modalities side by side where there are two, and the method that a page begins with. */
export function firstOf(description: Description): { spaces: Space[]; method: string } {
  const { maps } = description;
  const drawn = description.spaces.filter((space) => maps.some((map) => map.space === space.name));
  const own = drawn.filter(({ name }) => name !== 'joint');
  const method = maps.some((map) => map.method === 'tsne') ? 'tsne' : (maps[0]?.method ?? '');
  return { spaces: own.length >= 2 ? own.slice(0, 2) : drawn.slice(0, 2), method };
}

/** Everything that the first picture needs; `look` gets the maps, which come before the many columns. */
export async function loadCohort(backend: Backend, look: (first: FirstMaps) => void = () => {}): Promise<Cohort> {
  const description = await backend.describe();
  if (!showsPeople(description)) {
    const told = await new Told(backend, description).open();
    return new Cohort(backend, description, { names: { ids: [], visits: [] }, columns: new Map(), told });
  }
  const first = { description, ...firstOf(description), points: new Map<string, Float32Array>() };
  await Promise.all(
    first.spaces.map(async ({ name }) => {
      const points = await backend.points(name, first.method).catch(() => null); // asked again, and said, by its panel
      if (points) first.points.set(`${name}.${first.method}`, points);
    }),
  );
  look(first);
  const names = [...chartedOf(description).map((p) => p.name), 'part'];
  const [columns, texts] = await Promise.all([backend.columns(names), backend.texts(['subject_id', 'visit'])]);
  const ids = texts.get('subject_id') ?? [];
  const visits = texts.get('visit') ?? [];
  const cohort = new Cohort(backend, description, { names: { ids, visits }, columns });
  for (const [key, points] of first.points) cohort.points.set(key, points);
  return cohort;
}
