/** Every value of a column put into its bin, once, when the column is loaded. */

export interface Bins {
  /** The bin of each row; `missing` where its value is not known. */
  codes: Uint8Array | Uint16Array;
  /** Number of bins, and the code of the missing. */
  missing: number;
  missingCount: number;
  /** Bounds of the bins of numbers, ascending; empty for levels. */
  edges: Float32Array;
}

interface Source {
  name: string;
  kind: 'numeric' | 'levels';
  values: Float32Array | Int16Array;
  levels?: readonly string[];
}

/** Bins of a histogram: as many as its width shows as steps. */
const MOST = 18;

/** @throws Error if a code has no level. */
export function binned(source: Source): Bins {
  return source.kind === 'levels' ? levelBins(source) : numericBins(source.values);
}

function levelBins({ name, values, levels = [] }: Source): Bins {
  const missing = levels.length;
  const codes = codesFor(values.length, missing);
  for (let i = 0; i < codes.length; i++) {
    const code = values[i] ?? NaN;
    if (code >= missing) throw new Error(`${name} has ${missing} levels, row ${i} has the code ${code}`);
    codes[i] = code >= 0 ? code : missing;
  }
  return { codes, missing, missingCount: count(codes, missing), edges: new Float32Array() };
}

/** A value lies in [edge, next edge); the largest in the last bin, whose upper edge it may be. */
function numericBins(values: Float32Array | Int16Array): Bins {
  const edges = edgesOf(values);
  const missing = edges.length - 1;
  const low = edges[0] ?? NaN;
  const scale = missing / ((edges[missing] ?? NaN) - low || 1);
  const codes = codesFor(values.length, missing);
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] ?? NaN;
    codes[i] = Number.isNaN(value) ? missing : binOf(value, Math.floor((value - low) * scale), edges);
  }
  return { codes, missing, missingCount: count(codes, missing), edges };
}

/** Division may err by one bin; the edges decide. */
function binOf(value: number, guess: number, edges: Float32Array): number {
  const last = edges.length - 2;
  const bin = Math.min(Math.max(guess, 0), last);
  if (bin > 0 && value < (edges[bin] ?? NaN)) return bin - 1;
  if (bin < last && value >= (edges[bin + 1] ?? NaN)) return bin + 1;
  return bin;
}

/** Equal bins from the smallest to the largest value; whole numbers get bins that hold equally many of them. */
function edgesOf(values: Float32Array | Int16Array): Float32Array {
  const { low, high, whole } = rangeOf(values);
  if (low > high) return Float32Array.of(NaN, NaN);
  if (low === high && !whole) return Float32Array.of(low, high);
  if (!whole) return Float32Array.from({ length: MOST + 1 }, (_, i) => mixed(low, high, i / MOST));
  const width = Math.ceil((high - low + 1) / MOST);
  const bins = Math.ceil((high - low + 1) / width);
  return Float32Array.from({ length: bins + 1 }, (_, i) => low + i * width);
}

function mixed(low: number, high: number, share: number): number {
  return low * (1 - share) + high * share;
}

function rangeOf(values: Float32Array | Int16Array): { low: number; high: number; whole: boolean } {
  let low = Infinity;
  let high = -Infinity;
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    whole &&= Number.isInteger(value);
  }
  return { low, high, whole };
}

function codesFor(n: number, missing: number): Uint8Array | Uint16Array {
  return missing < 256 ? new Uint8Array(n) : new Uint16Array(n);
}

function count(codes: Uint8Array | Uint16Array, wanted: number): number {
  let total = 0;
  for (let i = 0; i < codes.length; i++) total += codes[i] === wanted ? 1 : 0;
  return total;
}
