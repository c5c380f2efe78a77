/** Medians and densities of the rows of a mask. */

/** The median of the known values, of all rows or those of a mask; NaN of none. */
export function median(values: Float32Array, mask: Uint8Array | null): number {
  const known = knownOf(values, mask);
  const n = known.length;
  if (!n) return NaN;
  const half = n >> 1;
  const upper = select(known, half);
  if (n % 2) return upper;
  let lower = -Infinity;
  for (let i = 0; i < half; i++) lower = Math.max(lower, known[i] ?? NaN);
  return (lower + upper) / 2;
}

/**
 * Share of the known values in each of `cells` equal cells of the domain, smoothed by a Gaussian kernel.
 *
 * The kernel is Silverman's (1986, eq. 3.28 with the standard deviation), at least one cell wide; what lies outside
 * the domain counts to the whole. Zeros where nothing is known.
 */
export function density(
  values: Float32Array,
  mask: Uint8Array | null,
  domain: readonly [number, number],
  cells: number,
): Float32Array {
  const known = knownOf(values, mask);
  const [low, high] = domain;
  const cell = (high - low) / cells;
  const shares = new Float32Array(cells);
  for (const value of known) {
    const at = Math.floor((value - low) / cell);
    if (at >= 0 && at < cells) shares[at] = (shares[at] ?? 0) + 1 / known.length;
  }
  const width = (1.06 * deviation(known) * known.length ** -0.2) / cell;
  return smooth(shares, Math.max(1, width || 0));
}

function knownOf(values: Float32Array, mask: Uint8Array | null): Float32Array {
  const known = new Float32Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (mask?.[i] !== 0 && !Number.isNaN(value)) known[n++] = value;
  }
  return known.subarray(0, n);
}

/** The value that has `rank` smaller ones before it; reorders so that no value before it is larger (Hoare's FIND). */
function select(values: Float32Array, rank: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[rank] ?? NaN;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? NaN) < pivot) i++;
      while (pivot < (values[j] ?? NaN)) j--;
      if (i <= j) swap(values, i++, j--);
    }
    if (j < rank) left = i;
    if (rank < i) right = j;
  }
  return values[rank] ?? NaN;
}

function swap(values: Float32Array, i: number, j: number): void {
  const kept = values[i] ?? NaN;
  values[i] = values[j] ?? NaN;
  values[j] = kept;
}

function deviation(values: Float32Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/** A Gaussian of standard deviation `width` cells, out to four of them. */
function smooth(shares: Float32Array, width: number): Float32Array {
  const reach = Math.ceil(4 * width);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / width) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return shares.map((_, at) => {
    let sum = 0;
    for (let i = 0; i < kernel.length; i++) sum += (kernel[i] ?? 0) * (shares[at + i - reach] ?? 0);
    return sum / total;
  });
}
