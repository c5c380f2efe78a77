import { describe, expect, it } from 'vitest';
import type { Description, Phenotype } from '../backend/backend';
import type { Inside, Recipe } from '../lib/recipe';
import { alongWords, brushWords, figure, lassoWords, movesWords, placeWords, share, signed, valueWords } from './words';

const age: Phenotype = {
  name: 'age',
  label: 'Age',
  kind: 'continuous',
  unit: 'years',
  section: '',
  levels: [],
  codes: [],
  missing: [],
  range: null,
  sensitive: false,
  event: '',
};
const sex: Phenotype = { ...age, name: 'sex', label: 'Sex', kind: 'nominal', unit: '', levels: ['Man', 'Woman'] };
const spaces = ['ecg', 'mri'].map((name) => ({ name, label: name.toUpperCase(), modalities: [], dims: [] }));
const about = { spaces } as unknown as Description;
const on = (space: string): Inside => ({ kind: 'inside', run: 'r', space, method: 'tsne', polygon: [] });

describe('words', () => {
  it('write numbers with a true minus and no needless digits', () => {
    expect([figure(0.1234), figure(-12.34), figure(1234.5), figure(7), figure(NaN)]).toEqual([
      '0.12',
      '−12.3',
      '1235',
      '7',
      '–',
    ]);
    expect([signed(1.856), signed(-0.1), share(0.781), share(-0.3), share(1)]).toEqual([
      '+1.86',
      '−0.10',
      '.78',
      '−.30',
      '1.00',
    ]);
  });

  it('say what a brush keeps', () => {
    expect(brushWords(age, { low: 55, high: 78 })).toBe('Age 55 to 78 years');
    expect(brushWords(sex, { values: ['Woman'], missing: true })).toBe('Sex: Woman or missing');
  });

  it('name a value that is not known', () => {
    expect([valueWords(age, NaN), valueWords(sex, -1), valueWords(sex, 1)]).toEqual(['missing', 'missing', 'Woman']);
  });

  it('write combined outlines with the signs of the buttons', () => {
    const minus: Recipe = { kind: 'all_of', of: [on('ecg'), { kind: 'not', of: on('mri') }] };
    expect(lassoWords(on('ecg'), about)).toBe('inside an outline on the ECG map (t-SNE)');
    expect(lassoWords(minus, about)).toBe('outlines: ECG − MRI');
    expect(lassoWords({ kind: 'any_of', of: [minus, on('mri')] }, about)).toBe('outlines: (ECG − MRI) + MRI');
  });

  it('name the ends of two levels, and the share who have the second between them', () => {
    expect([0, 0.078, 1, NaN].map((value) => placeWords(sex, value))).toEqual(['Man', '8 % Woman', 'Woman', '–']);
    expect(placeWords(age, 61.25)).toBe('61.3');
  });

  it('say whom a direction leads to', () => {
    const lbbb: Phenotype = { ...sex, label: 'LBBB', kind: 'boolean', levels: ['No', 'Yes'] };
    expect([age, sex, lbbb].map((each) => alongWords(each, ['older .3']).split(' here')[0])).toEqual([
      'People with higher Age',
      'People with Sex Woman',
      'People with LBBB',
    ]);
  });

  it('count what a direction moves', () => {
    const moves = [
      { space: 'joint', n: 64, of: 64 },
      { space: 'private_ecg', n: 0, of: 128 },
      { space: 'private_mri', n: 13, of: 1411 },
    ];
    expect(movesWords(moves, about)).toBe('64 shared, ECG 0 of 128, MRI 13 of 1,411');
  });
});
