/** The mean code of many people. */

import type { Column } from '../backend/backend';
import type { Cohort } from './cohort.svelte';

const MOST_MEANT = 256; // dimensions of a space whose mean is drawn; that of the rest is nearly nought

/** Names of the columns of z, in order: `joint.z03`, `private_limb.limb02`. */
export function columnNames({ description: { layout, spaces } }: Cohort): string[] {
  return layout.flatMap(({ space }) =>
    (spaces.find((s) => s.name === space)?.dims ?? []).map((dim) => `${space}.${dim}`),
  );
}

/** Of the rows of a mask, or of everyone; of a cine's private dimensions only those of the whole heart. */
export async function meanCode(cohort: Cohort, mask: Uint8Array | null): Promise<Float32Array> {
  const names = columnNames(cohort);
  const asked = cohort.description.layout.flatMap(({ start, stop }) =>
    names.slice(start, Math.min(stop, start + MOST_MEANT)),
  );
  await cohort.loadColumns(asked);
  const mean = (name: string) => spread(cohort.columns.get(name) ?? new Float32Array(), mask).mean;
  return Float32Array.from(names, (name) => mean(name) || 0);
}

/** Mean and standard deviation of the known values, all or those of a mask. */
export function spread(values: Column, mask: Uint8Array | null = null): { mean: number; sd: number } {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if ((mask && !mask[i]) || Number.isNaN(value)) continue;
    n++;
    sum += value;
    squares += value * value;
  }
  const mean = sum / n;
  return { mean, sd: Math.sqrt(Math.max(squares / n - mean * mean, 0)) };
}
