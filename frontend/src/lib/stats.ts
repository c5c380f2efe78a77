/** Medians and densities of the rows of a mask. */

/** The median of the known values, of all rows or those of a mask; NaN of none. */
export function median(values: Float32Array, mask: Uint8Array | null): number {
  const known = knownOf(values, mask);
  const n = known.length;
  if (!n) return NaN;
  const half = n >> 1;
  const upper = ranked(known, half);
  return n % 2 ? upper : (below(known, half) + upper) / 2;
}

/** The known values a quarter and three quarters up their order; NaN of none. */
export function quartiles(values: Float32Array): [number, number] {
  const known = knownOf(values, null);
  const of = (share: number) => ranked(known, Math.round(share * (known.length - 1)));
  return [of(0.25), of(0.75)];
}

/** The mean of the known values, of all rows or those of a mask; NaN of none. */
export function mean(values: Float32Array, mask: Uint8Array | null): number {
  const known = knownOf(values, mask);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** A column as numbers: codes of levels as they are, NaN where missing; nothing of a column that is not loaded. */
export function numbersOf(column: Float32Array | Int16Array): Float32Array;
export function numbersOf(column: Float32Array | Int16Array | undefined): Float32Array | undefined;
export function numbersOf(column: Float32Array | Int16Array | undefined): Float32Array | undefined {
  return column instanceof Int16Array ? Float32Array.from(column, (code) => (code < 0 ? NaN : code)) : column;
}

/** The largest of the first `n` values. */
export function below(values: Float32Array, n: number): number {
  let most = -Infinity;
  for (let i = 0; i < n; i++) most = Math.max(most, values[i] ?? NaN);
  return most;
}

/**
 * Share of the known values in each of `cells` equal cells of the domain, smoothed by a Gaussian kernel.
 *
 * The kernel is Silverman's (1986, eq. 3.28 with the standard deviation), at least one cell wide; what lies beyond the
 * domain counts to the whole and spreads into it. Zeros where nothing is known.
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
  const width = Math.max(1, (1.06 * deviation(known) * known.length ** -0.2) / cell || 0);
  const margin = Math.ceil(4 * width);
  const shares = new Float64Array(cells + 2 * margin);
  for (const value of known) {
    const at = Math.floor((value - low) / cell) + margin;
    if (at >= 0 && at < shares.length) shares[at] = (shares[at] ?? 0) + 1 / known.length;
  }
  return smooth(shares, width, margin);
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
export function ranked(values: Float32Array, rank: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const [end, start] = partition(values, left, right, values[rank] ?? NaN);
    if (end < rank) left = start;
    if (rank < start) right = end;
  }
  return values[rank] ?? NaN;
}

/** Values up to `pivot` to the left, from it on to the right: where the left ones end and the right ones start. */
function partition(values: Float32Array, left: number, right: number, pivot: number): [number, number] {
  let [i, j] = [left, right];
  while (i <= j) {
    i = firstFrom(values, i, pivot);
    j = lastUpTo(values, j, pivot);
    if (i <= j) swap(values, i++, j--);
  }
  return [j, i];
}

function firstFrom(values: Float32Array, from: number, pivot: number): number {
  let i = from;
  while ((values[i] ?? NaN) < pivot) i++;
  return i;
}

function lastUpTo(values: Float32Array, from: number, pivot: number): number {
  let j = from;
  while (pivot < (values[j] ?? NaN)) j--;
  return j;
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

/** Spreads each share by a Gaussian of standard deviation `width` cells; the margins at both ends are left out. */
function smooth(shares: Float64Array, width: number, margin: number): Float32Array {
  const kernel = Float64Array.from({ length: 2 * margin + 1 }, (_, i) => Math.exp(-0.5 * ((i - margin) / width) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return Float32Array.from({ length: shares.length - 2 * margin }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < kernel.length; i++) sum += (kernel[i] ?? 0) * (shares[at + i] ?? 0);
    return sum / total;
  });
}
