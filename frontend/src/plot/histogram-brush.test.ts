import { describe, expect, it } from 'vitest';
import { dragged, gripAt, keyed, scaleOf, valueAt, whole } from './histogram-brush';

/** 200 pixels for 20 to 120 years: half a year a pixel. */
const scale = scaleOf(Float32Array.of(20, 60, 120), 200);

describe('the brush of a histogram', () => {
  it('bounds fall on nice steps, and the ends are exactly the outer bounds', () => {
    const odd = scaleOf(Float32Array.of(0.1, 0.77), 300);
    expect([valueAt(-5, odd), valueAt(300, odd)]).toEqual([Math.fround(0.1), Math.fround(0.77)]);
    expect(valueAt(71, scale)).toBe(55.5);
  });
  it('near a bound the bound is caught, between them the whole brush, elsewhere a new one begins', () => {
    expect([58, 66, 74, 90, 134, 150].map((px) => gripAt(px, [55, 80], scale))).toEqual([
      'new',
      'low',
      'low',
      'inside',
      'new',
      'new',
    ]);
    expect(gripAt(118, [55, 80], scale)).toBe('high');
    expect(gripAt(70, null, scale)).toBe('new');
  });
  it('a bound dragged over the other one changes places with it', () => {
    expect(dragged({ grip: 'low', from: 55, bounds: [55, 80] }, 90, scale)).toEqual([80, 90]);
  });
  it('a brush dragged as a whole keeps its width and stays inside', () => {
    expect(dragged({ grip: 'inside', from: 60, bounds: [55, 80] }, 70, scale)).toEqual([65, 90]);
    expect(dragged({ grip: 'inside', from: 60, bounds: [55, 80] }, 500, scale)).toEqual([95, 120]);
  });
  it('a new brush lies between where the drag began and where it is', () => {
    expect(dragged({ grip: 'new', from: 70, bounds: [70, 70] }, 40, scale)).toEqual([40, 70]);
  });
  it('a brush over everything is none', () => {
    expect(whole([20, 120], scale)).toBeNull();
    expect(whole([20, 119.5], scale)).toEqual([20, 119.5]);
  });
  it('keys move one bound by a step, and never over the other', () => {
    expect(keyed('ArrowRight', 'low', [55, 80], scale)).toEqual([55.5, 80]);
    expect(keyed('PageUp', 'high', [55, 80], scale)).toEqual([55, 85]);
    expect(keyed('End', 'low', [55, 80], scale)).toEqual([80, 80]);
    expect(keyed('Home', 'low', [55, 80], scale)).toEqual([20, 80]);
    expect(keyed('a', 'low', [55, 80], scale)).toBeNull();
  });
});
