import { describe, expect, it } from 'vitest';
import { axisEnd } from './axis-end';

describe('the end of an axis', () => {
  it('holds the highest, unless one person would flatten everyone', () => {
    expect(axisEnd(0.2, 0.4)).toBe(0.4);
    expect(axisEnd(0.2, 0.1)).toBe(0.2);
    expect(axisEnd(0.1, 1)).toBe(0.25);
  });

  it('is never nothing', () => {
    expect(axisEnd(0, 0)).toBe(1);
    expect(axisEnd(0, 0.3)).toBe(0.3);
  });
});
