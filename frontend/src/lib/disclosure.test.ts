import { describe, expect, it } from 'vitest';
import { Door } from './disclosure';

const people = (n: number) => Uint8Array.from({ length: 400 }, (_, i) => Number((i * 7919) % 400 < n));

describe('a door', () => {
  it('tells everything to your own eyes, and hides small counts otherwise', () => {
    const told = (preset: 'laptop' | 'ukb5' | 'cms11') =>
      [0, 1, 4, 5, 10, 11].map((n) => new Door(preset, people(9)).count(n, ''));
    expect(told('laptop')).toEqual([0, 1, 4, 5, 10, 11]);
    expect(told('ukb5')).toEqual([0, null, null, 5, 10, 11]);
    expect(told('cms11')).toEqual([0, null, null, null, null, 11]);
  });

  it('rounds to five by chance, right on average, and hides nobody as well as ten', () => {
    const all = (n: number) => Array.from({ length: 400 }, (_, i) => new Door('strict', people(i)).count(n, 'x'));
    for (const n of [0, 1, 10]) expect(new Set(all(n))).toEqual(new Set([null]));
    expect(new Set(all(11))).toEqual(new Set([null, 15]));
    expect(new Set(all(52))).toEqual(new Set([50, 55]));
    expect(all(52).reduce<number>((sum, n) => sum + (n ?? 0), 0) / 400).toBeCloseTo(52, 0);
  });

  it('answers the same of the same people', () => {
    const told = (n: number) => new Door('strict', people(n)).figure(123.456, 10, 77, 'mean');
    expect(told(50)).toBe(told(50));
    expect(new Set(Array.from({ length: 50 }, (_, i) => told(i))).size).toBe(2);
  });

  it('never leaves hidden bins of a histogram that the total gives away', () => {
    let drawn = 1;
    const below = (most: number) => (drawn = (drawn * 48271) % 2147483647) % most;
    for (let i = 0; i < 4000; i++) {
      const preset = i % 2 ? 'ukb5' : 'cms11';
      const fewest = i % 2 ? 5 : 11;
      const bins = Array.from({ length: 1 + below(12) }, () => below(3) * below(2) * below(20) + below(4));
      const told = new Door(preset, people(3)).cells(bins, '');
      const hidden = bins.filter((_, k) => told[k] === null);
      expect(bins.every((n, k) => told[k] === null || (told[k] === n && (n === 0 || n >= fewest)))).toBe(true);
      const sum = hidden.reduce((total, n) => total + n, 0);
      const everything = told.every((n) => !n);
      expect(!hidden.length || everything || (hidden.length > 1 && sum >= fewest)).toBe(true);
    }
  });

  it('hides the smallest other where one cell alone is hidden', () => {
    expect(new Door('cms11', people(3)).cells([100, 3, 40, 0], '')).toEqual([100, null, null, 0]);
    expect(new Door('cms11', people(3)).cells([100, 3, 4], '')).toEqual([null, null, null]);
  });
});
