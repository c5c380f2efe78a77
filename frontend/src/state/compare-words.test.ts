import { describe, expect, it } from 'vitest';
import type { Summary } from '../backend/backend';
import { chance, levelWords } from './compare-words';

const NONE: Summary = {
  n: null,
  missing: null,
  mean: null,
  sd: null,
  median: null,
  low_quartile: null,
  high_quartile: null,
  counts: [],
};

describe('the share of a level', () => {
  it('is of the known', () => {
    expect(levelWords({ ...NONE, n: 200, counts: [50, 150] }, 1)).toBe('150 (75.0 %)');
  });

  it('is of the known too where other levels are suppressed, not of those that are told', () => {
    expect(levelWords({ ...NONE, n: 160, counts: [90, null, null] }, 0)).toBe('90 (56.3 %)');
    expect(levelWords({ ...NONE, n: 160, counts: [90, null, null] }, 1)).toBe('–');
  });
});

describe('a p-value', () => {
  it('is a bound where it was rounded', () => {
    expect([0.001, 0.01, 0.05, 1].map((p) => chance(p, 'strict'))).toEqual(['≤.001', '≤.01', '≤.05', '>.05']);
    expect([0.0004, 0.0234, 0.412, 1].map((p) => chance(p))).toEqual(['<.001', '.023', '.41', '1.00']);
  });
});
