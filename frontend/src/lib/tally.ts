/** Counts of rows by bin and by state (hidden, shown, selected), brought up to date by what changed where that is less. */

import type { Bins } from './bins';

/** 0 hidden, 1 shown, 2 shown and selected: of every row. */
export type States = Uint8Array;

/** The rows whose state a change has altered, and what it was. */
interface Change {
  rows: Uint32Array;
  was: Uint8Array;
}

/** Beyond this share of the rows it is faster to count all anew than to move those that changed. */
const MOST_MOVED = 0.3;

export interface Masks {
  shown: Uint8Array;
  selected: Uint8Array | null;
  states: States;
}

export interface Tallies {
  readonly masks: Masks;
  readonly total: { shown: number; selected: number };
  change(shown: Uint8Array, lasso: Uint8Array | null): void;
  /** Counts of a column by state and bin: one row of bins for each state, one after the other, the missing last. */
  of(name: string, bins: Bins): Uint32Array;
}

/** Counts of many columns, each brought up to date when it is asked for. */
export function createTallies(n: number): Tallies {
  const known = new Map<string, { counts: Uint32Array; version: number }>();
  let masks = masksOf(new Uint8Array(n).fill(1), null);
  let total = { shown: n, selected: 0 };
  let version = 0;
  /** What the last change did; null where it is simpler to count anew. */
  let last: Change | null = null;
  return {
    get masks() {
      return masks;
    },
    get total() {
      return total;
    },
    change(shown, lasso) {
      const before = masks.states;
      masks = masksOf(shown, lasso);
      last = changeOf(before, masks.states);
      total = totalOf(masks.states);
      version++;
    },
    of(name, bins) {
      const before = known.get(name);
      if (before?.version === version) return before.counts;
      const near = last && before?.version === version - 1;
      const counts = near && last ? moved(bins, before.counts, last, masks.states) : tallied(bins, masks.states);
      known.set(name, { counts, version });
      return counts;
    },
  };
}

function masksOf(shown: Uint8Array, lasso: Uint8Array | null): Masks {
  if (!lasso) return { shown, selected: null, states: shown };
  const selected = both(shown, lasso);
  const states = new Uint8Array(shown.length);
  for (let i = 0; i < states.length; i++) states[i] = (shown[i] ?? 0) + (selected[i] ?? 0);
  return { shown, selected, states };
}

function totalOf(states: States): { shown: number; selected: number } {
  let shown = 0;
  let selected = 0;
  for (let i = 0; i < states.length; i++) {
    const state = states[i] ?? 0;
    shown += state & 1;
    selected += state >> 1;
  }
  return { shown: shown + selected, selected };
}

/** Rows that are in both masks. */
export function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  const mask = new Uint8Array(a.length);
  for (let i = 0; i < mask.length; i++) mask[i] = (a[i] ?? 0) & (b[i] ?? 0);
  return mask;
}

/** States before and after: null where so many changed that all are counted anew. */
function changeOf(before: States, after: States): Change | null {
  const most = Math.floor(before.length * MOST_MOVED);
  const rows = new Uint32Array(most);
  let n = 0;
  for (let i = 0; i < after.length; i++) {
    if (before[i] === after[i]) continue;
    if (n === most) return null;
    rows[n++] = i;
  }
  const changed = rows.subarray(0, n);
  return { rows: changed, was: Uint8Array.from(changed, (row) => before[row] ?? 0) };
}

export function tallied({ codes, missing }: Bins, states: States): Uint32Array {
  const size = missing + 1;
  const counts = new Uint32Array(3 * size);
  for (let i = 0; i < states.length; i++) {
    const at = (states[i] ?? 0) * size + (codes[i] ?? 0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** The counts after a change, from those before it. */
function moved({ codes, missing }: Bins, before: Uint32Array, { rows, was }: Change, states: States): Uint32Array {
  const size = missing + 1;
  const counts = before.slice();
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] ?? 0;
    const bin = codes[row] ?? 0;
    const from = (was[k] ?? 0) * size + bin;
    const to = (states[row] ?? 0) * size + bin;
    counts[from] = (counts[from] ?? 0) - 1;
    counts[to] = (counts[to] ?? 0) + 1;
  }
  return counts;
}
