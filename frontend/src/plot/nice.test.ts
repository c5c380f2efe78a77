import { describe, expect, it } from 'vitest';
import { niceStep, niceTicks, snap } from './nice';

describe('nice numbers', () => {
  it('steps are 1, 2 or 5 times a power of ten and never below what was asked', () => {
    expect([0.011, 0.2, 0.3, 1, 3, 7, 42].map(niceStep)).toEqual([0.02, 0.2, 0.5, 1, 5, 10, 50]);
  });
  it('a step of nothing is one', () => {
    expect([0, -3, NaN, Infinity].map(niceStep)).toEqual([1, 1, 1, 1]);
  });
  it('snapping leaves no dust of binary arithmetic', () => {
    expect(snap(0.29999, 0.1)).toBe(0.3);
    expect(snap(-7.4, 5)).toBe(-5);
  });
  it('ticks stay inside the range and hold its ends when these are nice', () => {
    expect(niceTicks(-1, 1, 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(niceTicks(0.3, 0.9, 3)).toEqual([0.4, 0.6, 0.8]);
    expect(niceTicks(2, 2, 3)).toEqual([]);
  });
});
