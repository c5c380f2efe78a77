/** What moves all dimensions of a code at once: the sliders of directions and of a group's axes. */

export interface Carried {
  /** What is moved, and from where to where, as it stands among the moved dimensions. */
  label: string;
  from: string;
  to: string;
  /** Where the slider stands. */
  value: number;
  /** What it adds to the code. */
  offset: Float32Array;
  /** What else comes along, in a sentence. */
  note: string;
}

export type Carrying = ReadonlyMap<string, Carried>;

/** With another slider set, or one taken away. */
export function withCarried(all: Carrying, key: string, carried: Carried | null): Carrying {
  const next = new Map(all);
  if (carried) next.set(key, carried);
  else next.delete(key);
  return next;
}

/** The sum of what all sliders add; null when none does. */
export function totalOf(all: Carrying): Float32Array | null {
  const offsets = [...all.values()].map((each) => each.offset);
  if (!offsets[0]) return null;
  const sum = new Float32Array(offsets[0].length);
  for (const offset of offsets) offset.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
  return sum;
}

/** Dimensions that stand elsewhere than the start and the sliders put them. */
export function movedDims(start: Float32Array, now: Float32Array, total: Float32Array | null): number[] {
  const at = (i: number) => Math.fround((start[i] ?? 0) + (total?.[i] ?? 0));
  return [...now.keys()].filter((i) => now[i] !== at(i));
}

/** The code under other sliders: single dimensions keep what they were dragged by. */
export function carriedCode(
  start: Float32Array,
  now: Float32Array,
  before: Float32Array | null,
  after: Float32Array | null,
): Float32Array {
  const dragged = new Set(movedDims(start, now, before));
  return start.map((value, i) => {
    const own = dragged.has(i) ? (now[i] ?? 0) - (before?.[i] ?? 0) : value;
    return own + (after?.[i] ?? 0);
  });
}
