/** The median of a column whose values are counted in bins: only the bin that holds it is looked into. */

import type { Bins } from './bins';
import { below, ranked } from './stats';
import type { States } from './tally';

/** Of the known values whose row has at least the state `least`; NaN of none. `counts` are those of `tallied`. */
export function binMedian(
  values: Float32Array | Int16Array,
  bins: Bins,
  counts: Uint32Array,
  states: States,
  least: 1 | 2,
): number {
  const size = bins.missing + 1;
  const inBin = (bin: number) => (counts[2 * size + bin] ?? 0) + (least === 1 ? (counts[size + bin] ?? 0) : 0);
  let n = 0;
  for (let bin = 0; bin < bins.missing; bin++) n += inBin(bin);
  if (!n) return NaN;
  const upper = locate(inBin, n >> 1);
  const members = within(values, bins, states, { bin: upper.bin, least, n: inBin(upper.bin) });
  const high = ranked(members, upper.rank);
  if (n % 2) return high;
  if (upper.rank) return (below(members, upper.rank) + high) / 2;
  const lower = locate(inBin, (n >> 1) - 1);
  const others = within(values, bins, states, { bin: lower.bin, least, n: inBin(lower.bin) });
  return (below(others, others.length) + high) / 2;
}

/** The bin of the value that has `rank` smaller ones before it, and how many of those are in that bin. */
function locate(inBin: (bin: number) => number, rank: number): { bin: number; rank: number } {
  let bin = 0;
  let rest = rank;
  while (rest >= inBin(bin)) rest -= inBin(bin++);
  return { bin, rank: rest };
}

function within(
  values: Float32Array | Int16Array,
  { codes }: Bins,
  states: States,
  { bin, least, n }: { bin: number; least: number; n: number },
): Float32Array {
  const found = new Float32Array(n);
  let k = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === bin && (states[i] ?? 0) >= least) found[k++] = values[i] ?? NaN;
  }
  return found;
}
