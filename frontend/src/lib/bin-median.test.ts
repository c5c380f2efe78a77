import { expect, test } from 'vitest';
import { createCrossfilter, type CrossfilterColumn } from './crossfilter';

/** The middle of the sorted values, or the mean of the two in the middle. */
function byHand(values: number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

test.each(Array.from({ length: 60 }, (_, i) => i + 1))(
  'medians by bins are those of the sorted values (%i)',
  (seed) => {
    const next = random(seed * 7919);
    const n = 1 + Math.floor(80 * next());
    const whole = next() < 0.4;
    const value = () => (next() < 0.15 ? NaN : whole ? Math.floor(9 * next()) : Math.fround(100 * next() ** 3));
    const values = Float32Array.from({ length: n }, value);
    const column: CrossfilterColumn = { name: 'x', kind: 'numeric', values };
    const other: CrossfilterColumn = { name: 'y', kind: 'numeric', values: Float32Array.from({ length: n }, next) };
    const filter = createCrossfilter({ n, columns: [column, other] });
    for (const step of [0.2, 0.25, 0.9]) {
      filter.setBrush('y', { low: step * next(), high: 0.5 + 0.5 * next() });
      const lasso = next() < 0.5 ? Uint8Array.from({ length: n }, () => (next() < 0.4 ? 1 : 0)) : null;
      filter.setLasso(lasso);
      const of = (mask: Uint8Array) => byHand([...values].filter((_, i) => mask[i]));
      expect(filter.medians('x')).toEqual({
        shown: of(filter.shown),
        selected: filter.selected && of(filter.selected),
      });
    }
  },
);

test('counts brought up to date by small changes are those counted anew', () => {
  const n = 5000;
  const next = random(3);
  const columns = ['a', 'b'].map((name): CrossfilterColumn => {
    return { name, kind: 'numeric', values: Float32Array.from({ length: n }, next) };
  });
  const kept = createCrossfilter({ n, columns });
  kept.counts('b');
  for (let i = 0; i < 30; i++) {
    const brush = { low: 0.1, high: 0.5 + 0.01 * i + (i % 7 === 0 ? 0.2 : 0) };
    const fresh = createCrossfilter({ n, columns });
    for (const filter of [kept, fresh]) filter.setBrush('a', brush);
    expect(kept.counts('b')).toEqual(fresh.counts('b'));
    expect(kept.total()).toEqual(fresh.total());
  }
});
