/** The mean code of many people. */

import type { Backend, Column } from '../backend/backend';
import type { Cohort } from './cohort.svelte';

/** Names of the columns of z, in order: `joint.z03`, `private_limb.limb02`. */
export function columnNames({ description: { layout, spaces } }: Cohort): string[] {
  return layout.flatMap(({ space }) =>
    (spaces.find((s) => s.name === space)?.dims ?? []).map((dim) => `${space}.${dim}`),
  );
}

/** Of the rows of a mask, or of everyone. */
export function meanCode(backend: Backend, n: number, mask: Uint8Array | null): Promise<Float32Array> {
  return backend.mean(mask ?? new Uint8Array(n).fill(1));
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
