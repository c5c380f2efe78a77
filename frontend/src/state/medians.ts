/** Medians of every numeric phenotype, of those shown and of those selected. */

import type { Column, Phenotype } from '../backend/backend';
import type { Masks } from './selection.svelte';
import { median } from '../lib/stats';

export interface Medians {
  shown: number;
  selected: number | null;
}

export const UNKNOWN: Medians = { shown: NaN, selected: null };

export function medians(
  phenotypes: readonly Phenotype[],
  columns: ReadonlyMap<string, Column>,
  { shown, selected }: Masks,
): Map<string, Medians> {
  const result = new Map<string, Medians>();
  for (const { name, levels } of phenotypes) {
    const values = columns.get(name);
    if (levels.length || !(values instanceof Float32Array)) continue;
    result.set(name, { shown: median(values, shown), selected: selected && median(values, selected) });
  }
  return result;
}
