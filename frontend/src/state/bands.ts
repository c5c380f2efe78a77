/** Bands of a translation in numbers and words. */

import type { Modality, Recordings, Translated } from '../backend/backend';
import { figure, percent } from './words';

/** Half the width of every band; NaN off the heart. */
export function halfWidths(low: Recordings, high: Recordings): Recordings {
  return Object.fromEntries(
    Object.entries(low).map(([name, bounds]) => [
      name,
      Float32Array.from(bounds, (value, i) => ((high[name]?.[i] ?? NaN) - value) / 2),
    ]),
  );
}

export interface Spread {
  least: number;
  mean: number;
  most: number;
}

/** Over the known values. */
export function spreadOf(values: ArrayLike<number>): Spread {
  let least = Infinity;
  let most = -Infinity;
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    n++;
  }
  return { least, mean: sum / n, most };
}

/** `90 % bands, ± 0.13 mV on average; they held 89 % of the values of 200 held-out people.` */
export function bandWords(modality: Modality, translated: Translated, half: ArrayLike<number> | undefined): string {
  if (!half) return `${modality.label} has no band: ${translated.reason}.`;
  const wide = `90 % bands, ± ${figure(spreadOf(half).mean)} ${unitOf(modality)} on average`;
  if (translated.covered === null) return `${wide}; ${translated.reason || 'not judged on held-out people yet'}.`;
  return `${wide}; they held ${percent(translated.covered)} of the values of ${translated.n ?? 0} held-out people.`;
}

export function unitOf(modality: Modality): string {
  return modality.dtype === 'uint8' ? 'of 255 grey levels' : modality.unit;
}
