/** What may leave of counts and figures of people, by the same presets as the server's `disclosure.py`. */

export type Preset = 'laptop' | 'ukb5' | 'cms11' | 'strict';

/** Counts from 1 to below `fewest` are not told, others are rounded to `base`; with a base above 1, 0 is not
 *  told. `alone` says whether single people are shown. */
export const RULES: Record<Preset, { fewest: number; base: number; alone: boolean }> = {
  laptop: { fewest: 1, base: 1, alone: true },
  ukb5: { fewest: 5, base: 1, alone: true },
  cms11: { fewest: 11, base: 1, alone: true },
  strict: { fewest: 11, base: 5, alone: false },
};

/** The door of some people: the same people, the same answer. */
export class Door {
  readonly fewest: number;
  readonly #base: number;
  readonly #key: number;

  constructor(preset: Preset, mask: Uint8Array) {
    const { fewest, base } = RULES[preset];
    this.fewest = fewest;
    this.#base = base;
    this.#key = base > 1 ? hash(mask) : 0;
  }

  /** Whether what is told is not rounded, so that sums give away what they lack. */
  get exact(): boolean {
    return this.#base === 1;
  }

  count(n: number, what: string): number | null {
    if (this.#base === 1) return n > 0 && n < this.fewest ? null : n;
    const told = this.#rounded(n, this.#base, what);
    return told < this.fewest ? null : told;
  }

  /** Counts that add up to one that may be known: with those hidden go the smallest others, until their sum is large. */
  cells(counts: readonly number[], what: string): (number | null)[] {
    const told = counts.map((n, i) => this.count(n, `${what} ${i}`));
    const others = told.flatMap((n, i) => (n ? [{ n, i }] : [])).sort((a, b) => a.n - b.n);
    const hidden = told.flatMap((n, i) => (n === null ? [i] : []));
    const sum = () => hidden.reduce((total, i) => total + (counts[i] ?? 0), 0);
    const small = () => hidden.length < 2 || (this.exact && sum() < this.fewest);
    for (const { i } of others) {
      if (!hidden.length || !small()) break;
      told[i] = null;
      hidden.push(i);
    }
    return told;
  }

  /** Rounded as coarsely as one of `n` people could change it. */
  figure(value: number, spread: number, n: number, what: string): number {
    if (this.#base === 1 || !(spread > 0) || !n) return value;
    const least = (5 * spread) / n;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = power * ([1, 2, 5].find((m) => power * m >= least) ?? 10);
    return Number(this.#rounded(value, step, what).toPrecision(12));
  }

  /** Up or down by a draw that is right on average. */
  #rounded(value: number, step: number, what: string): number {
    const drawn = hash(new TextEncoder().encode(what), this.#key) / 2 ** 32;
    return step * Math.floor(value / step + drawn);
  }
}

/** 32 bits of some bytes (FNV-1a, then mixed as MurmurHash3 ends). */
function hash(bytes: Uint8Array, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
