/** One colour for each subject, from one phenotype. */

import type { Column, Phenotype } from '../backend/backend';
import { categorical, groupColour, pack, ramp, type Palette } from '../lib/colour';
import type { Group } from './groups.svelte';

export interface Colouring {
  phenotype: Phenotype;
  /** RGBA of every row, packed as the scatter plot wants it. */
  colours: Uint32Array;
  /** Levels: the colour of each, as CSS. */
  levels: string[];
  /** Numbers: value at the two ends of the ramp. */
  domain: [number, number];
}

/** The colour of the first group that holds each row, the mark grey of those in none. */
export function groupColouring(groups: readonly Group[], n: number, palette: Palette): Uint32Array {
  const colours = new Uint32Array(n).fill(pack(palette.mark));
  for (const { letter, mask } of [...groups].reverse()) {
    const ink = pack(groupColour(letter, palette));
    for (let i = 0; i < n; i++) if (mask[i]) colours[i] = ink;
  }
  return colours;
}

/** Steps of the ramp: more than the eye tells apart. */
const STEPS = 256;

/** Numbers run through the ramp between `domain`; missing values take the mark grey. */
export function colouring(phenotype: Phenotype, values: Column, domain: [number, number], palette: Palette): Colouring {
  const missing = pack(palette.mark);
  const colours = new Uint32Array(values.length).fill(missing);
  if (phenotype.levels.length) {
    const levels = phenotype.levels.map((_, i) => categorical(i, palette));
    const packed = levels.map(pack);
    values.forEach((code, i) => (colours[i] = packed[code] ?? missing));
    return { phenotype, colours, levels, domain };
  }
  const table = Uint32Array.from({ length: STEPS }, (_, i) => pack(ramp(i / (STEPS - 1), palette)));
  const [low, high] = domain;
  const scale = (STEPS - 1) / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    const step = Math.min(Math.max(Math.round((value - low) * scale), 0), STEPS - 1);
    colours[i] = table[step] ?? missing;
  }
  return { phenotype, colours, levels: [], domain };
}
