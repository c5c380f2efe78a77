import { describe, expect, it } from 'vitest';
import { readAt, scaleOf, stepBand, stepLine } from './steps';

const TIMES = [0, 1, 2, 3];
const SCALE = scaleOf(4, 400, 100);

describe('a survival curve', () => {
  it('holds its value until the next time, and ends where it is not told', () => {
    expect(stepLine(TIMES, [1, 1, 0.5, null], SCALE)).toBe('M0 0H100V0H200V50');
    expect(stepLine(TIMES, [], SCALE)).toBe('');
  });

  it('has a band of boxes where both ends are told', () => {
    expect(stepBand(TIMES, [null, 0.5, 0.25, 0.25], [null, 0.9, 0.75, 0.75], SCALE)).toBe(
      'M100 10H200V50H100ZM200 25H300V75H200Z',
    );
  });

  it('is read at the last time up to a moment', () => {
    expect([0, 0.5, 1, 2.99, 3, 9].map((moment) => readAt(TIMES, moment))).toEqual([0, 0, 1, 2, 3, 3]);
  });
});
