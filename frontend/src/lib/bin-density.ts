/** A density from counts by bin, where single values are not known. */

import type { Tally } from './crossfilter';

/**
 * Share of a group in each of `cells` equal cells of the domain: straight between the middles of the bins.
 *
 * A count that is not told (NaN) is none. Levels (no edges) lie at 0, 1, ...
 */
export function binDensity(
  edges: Float32Array,
  counts: Tally,
  [low, high]: readonly [number, number],
  cells: number,
): Float32Array {
  const total = Array.from(counts).reduce((sum, n) => sum + (n || 0), 0);
  const cell = (high - low) / cells;
  const first = edges.length ? (edges[0] ?? 0) : -0.5;
  const width = edges.length > 1 ? ((edges.at(-1) ?? 1) - first) / (edges.length - 1) : 1;
  const heightOf = (bin: number) => (total ? ((counts[bin] || 0) / total) * (cell / width) : 0);
  return Float32Array.from({ length: cells }, (_, i) => {
    const at = (low + (i + 0.5) * cell - first) / width - 0.5;
    const bin = Math.floor(at);
    return heightOf(bin) * (bin + 1 - at) + heightOf(bin + 1) * (at - bin);
  });
}
