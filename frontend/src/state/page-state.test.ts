import { describe, expect, it } from 'vitest';
import type { Description } from '../backend/backend';
import type { Recipe } from '../lib/recipe';
import { parsePageState, type PageState } from './page-state';
import { recipeWords } from './words';

const OLD: Recipe = { kind: 'between', column: 'age', low: 40, high: 70 };
const MEN: Recipe = { kind: 'one_of', column: 'sex', values: ['Man'], missing: false };
const OUTLINE: Recipe = { kind: 'inside', run: 'r', space: 'ecg', method: 'pca', polygon: [] };
const STATE: PageState = {
  version: 1,
  tab: 'compare',
  run: 'r',
  brushes: [OLD, MEN],
  lasso: OUTLINE,
  groups: [{ letter: 'B', name: 'Men', recipe: MEN }],
  spaces: ['ecg', 'joint'],
  method: 'pca',
  colour: 'age',
  pinned: ['sex', 'age'],
  row: 17,
  rank: { by: 'association', name: 'age' },
  source: 'group B',
  moved: [['joint.z03', 1.25]],
};

describe('a state of the page', () => {
  it('is read as it was written', () => {
    expect(parsePageState(JSON.parse(JSON.stringify(STATE)))).toEqual(STATE);
    expect(parsePageState({ ...STATE, lasso: null, row: null })).toEqual({ ...STATE, lasso: null, row: null });
  });

  it('pins nothing and opens the first view where it was written before either was carried', () => {
    const older = JSON.stringify({ ...STATE, pinned: undefined, tab: undefined });
    expect(parsePageState(JSON.parse(older))).toEqual({ ...STATE, pinned: [], tab: 'explore' });
  });

  it.each([
    ['of another version', { ...STATE, version: 2 }],
    ['with an outline among the brushes', { ...STATE, brushes: [OUTLINE] }],
    ['with a row that is a text', { ...STATE, row: 'S-00017' }],
    ['with a latent moved nowhere', { ...STATE, moved: [['joint.z03', null]] }],
    ['without maps', { ...STATE, spaces: undefined }],
    ['that is a list', [STATE]],
  ])('is refused %s', (_, value) => {
    expect(() => parsePageState(value)).toThrow();
  });
});

describe('a recipe in words', () => {
  const phenotypes = [
    { name: 'age', label: 'Age', unit: 'years' },
    { name: 'sex', label: 'Sex', unit: '' },
  ];
  const about = { spaces: [{ name: 'ecg', label: 'ECG' }], phenotypes } as unknown as Description;
  const words = (recipe: Recipe, letter: (part: Recipe) => string = () => '') => recipeWords(recipe, about, letter);

  it('says and, or and not, with brackets where they are needed', () => {
    const both: Recipe = { kind: 'all_of', of: [OLD, OUTLINE] };
    expect(words(both)).toBe('Age 40 to 70 years and ECG PCA outline');
    expect(words({ kind: 'any_of', of: [both, MEN] })).toBe('(Age 40 to 70 years and ECG PCA outline) or Sex: Man');
    expect(words({ kind: 'not', of: both })).toBe('not (Age 40 to 70 years and ECG PCA outline)');
    expect(words({ kind: 'all_of', of: [OLD] })).toBe('Age 40 to 70 years');
    expect([words({ kind: 'all_of', of: [] }), words({ kind: 'any_of', of: [] })]).toEqual(['everyone', 'nobody']);
  });

  it('names the letter of a part that is a group', () => {
    const letter = (part: Recipe) => (part === MEN ? 'A' : '');
    expect(words({ kind: 'not', of: MEN }, letter)).toBe('not A');
    expect(words({ kind: 'all_of', of: [MEN, { kind: 'not', of: OLD }] }, letter)).toBe('A and not Age 40 to 70 years');
  });
});
