import { describe, expect, it } from 'vitest';
import { gainOf, leadsOf, type Trace } from './ecg-leads';

const limb: Trace = {
  role: 'recorded',
  leads: ['I', 'II'],
  values: Float32Array.of(1, 2, 4, 8),
  samples: 2,
  step: 0.002,
};

describe('leads of an ECG', () => {
  it('limb leads that nobody recorded follow from I and II', () => {
    const leads = leadsOf([limb], ['recorded']);
    expect(Object.fromEntries([...leads].map(([name, { values }]) => [name, [...values]]))).toEqual({
      I: [1, 2],
      II: [4, 8],
      III: [3, 6],
      aVR: [-2.5, -5],
      aVL: [-1, -2],
      aVF: [3.5, 7],
    });
  });
  it('Einthoven and Goldberger hold: I + III = II and the augmented leads sum to zero', () => {
    const leads = leadsOf([{ ...limb, values: Float32Array.of(0.3, -0.7, 1.1, 0.4) }], ['recorded']);
    const at = (name: string) => leads.get(name)?.values[1] ?? NaN;
    expect(at('I') + at('III')).toBeCloseTo(at('II'), 6);
    expect(at('aVR') + at('aVL') + at('aVF')).toBeCloseTo(0, 6);
  });
  it('a recorded lead is never replaced by a derived one', () => {
    const third: Trace = { ...limb, leads: ['III'], values: Float32Array.of(9, 9) };
    expect([...(leadsOf([limb, third], ['recorded']).get('III')?.values ?? [])]).toEqual([9, 9]);
  });
  it('traces of other roles stay out, and chest leads alone derive nothing', () => {
    expect(leadsOf([limb], ['now']).size).toBe(0);
    expect([...leadsOf([{ ...limb, leads: ['V1', 'V2'] }], ['recorded']).keys()]).toEqual(['V1', 'V2']);
  });
  it('chest leads have half the height of limb leads', () => {
    expect(['aVR', 'II', 'V1', 'V6'].map(gainOf)).toEqual([10, 10, 5, 5]);
  });
});
