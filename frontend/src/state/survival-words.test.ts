import { describe, expect, it } from 'vitest';
import type { Survival } from '../backend/backend';
import { ratioWords, shareWords, survivalP, survivalTable } from './survival-words';

const NONE = { value: null, low: null, high: null, n: null };
const FOUND: Survival = {
  name: 't',
  label: 'Death',
  event: 'Died',
  unit: 'years',
  times: [0, 1, 2],
  ticks: [0, 2],
  groups: [
    {
      name: 'A',
      n: 40,
      missing: 0,
      events: 12,
      median: null,
      share: [1, 0.8, 0.705],
      low: [null, 0.7, 0.6],
      high: [null, 0.9, 0.8],
      at_risk: [40, 20],
      reason: '',
    },
    {
      name: 'B',
      n: null,
      missing: null,
      events: null,
      median: null,
      share: [],
      low: [],
      high: [],
      at_risk: [],
      reason: 'few',
    },
  ],
  contrasts: [
    { name: 'B', ratio: { value: 2, low: 1.5, high: 2.5, n: 80 }, adjusted: NONE, reason: '', reason_adjusted: 'few' },
  ],
  p: 0.0234,
  reason: '',
  adjust: [],
  disclosure: 'laptop',
  notes: ['read it so'],
};

describe('survival in words', () => {
  it('says the share with its interval at a time, and a dash where it is not told', () => {
    expect([0, 1.5, 2, 9].map((at) => shareWords(FOUND, 0, at))).toEqual([
      '100 %',
      '80 % (70 to 90)',
      '71 % (60 to 80)',
      '71 % (60 to 80)',
    ]);
    expect([shareWords(FOUND, 1, 1), shareWords(FOUND, 2, 1)]).toEqual(['–', '–']);
  });

  it('says the ratio, or why there is none', () => {
    expect(FOUND.contrasts.map(ratioWords)).toEqual([['2.00 (1.50 to 2.50)', 'few']]);
    expect(survivalP(FOUND)).toBe('log-rank p .023, exploratory');
    expect(survivalP({ ...FOUND, p: null, reason: 'one group' })).toBe('no log-rank p: one group');
  });

  it('is a table with a line for each group and time', () => {
    const { rows, head, notes } = survivalTable(FOUND);
    expect(rows.map((row) => row.slice(3, 5))).toEqual([
      [0, 1],
      [1, 0.8],
      [2, 0.705],
    ]);
    expect(head[3]).toBe('years');
    expect(notes).toContain('read it so');
  });
});
