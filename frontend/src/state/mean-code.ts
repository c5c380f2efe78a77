/** The mean code of many people. */

import type { Backend, Column } from '../backend/backend';
import type { Recipe } from '../lib/recipe';
import type { Cohort } from './cohort.svelte';
import type { History } from './history.svelte';

/** Names of the columns of z, in order: `joint.z03`, `private_limb.limb02`. */
export function columnNames({ description: { layout, spaces } }: Cohort): string[] {
  return layout.flatMap(({ space }) =>
    (spaces.find((s) => s.name === space)?.dims ?? []).map((dim) => `${space}.${dim}`),
  );
}

/** The maps on which a code is placed (`space.method`), and where its steps are kept. */
export interface Around {
  visible: () => readonly string[];
  history: History;
}

/** Whose mean: by rows where the page holds them, else by recipe. */
export interface Whom {
  mask: Uint8Array;
  recipe: Recipe;
}

/** Of a group, or of everyone. */
export function meanCode(backend: Backend, { n, told }: Cohort, whom: Whom | null): Promise<Float32Array> {
  if (told) return backend.centre(whom?.recipe ?? { kind: 'all_of', of: [] });
  return backend.mean(whom?.mask ?? new Uint8Array(n).fill(1));
}

/** Mean and standard deviation of the known values. */
export function spread(values: Column): { mean: number; sd: number } {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    n++;
    sum += value;
    squares += value * value;
  }
  const mean = sum / n;
  return { mean, sd: Math.sqrt(Math.max(squares / n - mean * mean, 0)) };
}
