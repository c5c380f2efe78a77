import { describe, expect, it } from 'vitest';
import { INSET_PX, pixelOf, valueAt } from './strip-scale';

describe('the scale of a strip', () => {
  it('pixel and value are each other turned round', () => {
    for (const value of [-3, -0.4, 0, 2.9])
      expect(valueAt(pixelOf(value, [-3, 3], 128), [-3, 3], 128)).toBeCloseTo(value, 9);
  });
  it('the dot stays whole at both ends, also for a value beyond them', () => {
    expect([pixelOf(-9, [-3, 3], 128), pixelOf(9, [-3, 3], 128)]).toEqual([INSET_PX, 128 - INSET_PX]);
  });
  it('a drag beyond the strip gives the end of the domain', () => {
    expect([valueAt(-50, [-3, 3], 128), valueAt(500, [-3, 3], 128)]).toEqual([-3, 3]);
  });
});
