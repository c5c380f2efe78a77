import { describe, expect, it } from 'vitest';
import type { Summary } from '../backend/backend';
import { levelWords } from './compare-words';

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
