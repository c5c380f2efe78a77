import { describe, expect, it } from 'vitest';
import type { Survival } from '../backend/backend';
import { scaleOf, stepLine } from '../lib/steps';
import { shaped, suited } from './survival-shape';

const GROUP = { name: 'A', n: 40, missing: 0, events: 2, median: null, at_risk: [40, 20], reason: '' };
const FOUND: Survival = {
  name: 't',
  label: 'Death',
  event: 'Died',
  unit: 'years',
  times: [0, 1, 2],
  ticks: [0, 2],
  groups: [{ ...GROUP, share: [1, 0.98, 0.95], low: [null, 0.95, 0.91], high: [null, 0.99, 0.98] }],
  contrasts: [],
  p: null,
  reason: 'one group',
  adjust: [],
  disclosure: 'laptop',
  notes: [],
};

describe('curves as they are drawn', () => {
  it('rise to what was lost, the interval turned round, on an axis that ends just above it', () => {
    const { found, top, marks } = shaped(FOUND, 'incidence');
    const [one] = found.groups;
    expect(one?.share.map((value) => value?.toFixed(2))).toEqual(['0.00', '0.02', '0.05']);
    expect([one?.low[2]?.toFixed(2), one?.high[2]?.toFixed(2), one?.low[0]]).toEqual(['0.02', '0.09', null]);
    expect([top, marks.length, marks.at(-1)?.toFixed(2)]).toEqual([0.1, 6, '0.10']);
    expect(stepLine(found.times, one?.share ?? [], scaleOf(2, 100, 100, top))).toBe('M0 100H50V80H100V50');
  });

  it('fall from all on an axis to nought', () => {
    const { found, top, marks } = shaped(FOUND, 'survival');
    expect([found, top, marks]).toEqual([FOUND, 1, [0, 0.25, 0.5, 0.75, 1]]);
    expect(stepLine(found.times, found.groups[0]?.share ?? [], scaleOf(2, 100, 100, top))).toBe('M0 0H50V2H100V5');
  });

  it('rise where fewer than three in ten had the event, and fall otherwise or where nothing is told', () => {
    const of = (share: (number | null)[]): Survival => ({
      ...FOUND,
      groups: [...FOUND.groups, { ...GROUP, share, low: [], high: [] }],
    });
    expect(
      [
        [1, 0.71],
        [1, 0.7],
        [1, 0.2, null],
      ].map((share) => suited(of(share))),
    ).toEqual(['incidence', 'survival', 'survival']);
    expect(suited({ ...FOUND, groups: [] })).toBe('survival');
  });
});
