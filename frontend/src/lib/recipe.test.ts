import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink } from './link';
import type { Recipe } from './recipe';
import { brushOf, brushRecipe, needsOf, recipeMask, type Masks, type Rows } from './recipe-mask';
import { parseRecipe } from './recipe-parse';

const N = 400;
/** Numbers that look random and are the same in every run (Park & Miller 1988), in (0, 1). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
const random = lehmer(7);
const age = Float32Array.from({ length: N }, () => (random() < 0.1 ? NaN : Math.floor(90 * random())));
const sex = Int16Array.from({ length: N }, () => Math.floor(3 * random()) - 1);
const points = Float32Array.from({ length: 2 * N }, () => 2 * random() - 1);
const rows: Rows = {
  n: N,
  column: (name) =>
    name === 'age'
      ? { name, kind: 'numeric', values: age }
      : { name, kind: 'levels', values: sex, levels: ['Woman', 'Man'] },
  points: () => points,
};
const OLD: Recipe = { kind: 'between', column: 'age', low: 40, high: 70 };
const MEN: Recipe = { kind: 'one_of', column: 'sex', values: ['Man'], missing: true };
/** The right half of the map as a box. */
const box = [
  [0, -2],
  [2, -2],
  [2, 2],
  [0, 2],
] as const;
const RIGHT: Recipe = { kind: 'inside', run: 'r', space: 'ecg', method: 'tsne', polygon: box };

const within = (value: number, low: number, high: number) => value >= low && value <= high;

/** What a recipe means, said once more and one row at a time. */
function belongs(recipe: Recipe, row: number): boolean {
  switch (recipe.kind) {
    case 'between':
      return within(age[row] ?? NaN, recipe.low, recipe.high);
    case 'one_of':
      return sex[row] === 1 || sex[row] === -1;
    case 'inside':
      return (points[2 * row] ?? NaN) > 0;
    case 'not':
      return !belongs(recipe.of, row);
    case 'all_of':
      return recipe.of.every((part) => belongs(part, row));
    case 'any_of':
      return recipe.of.some((part) => belongs(part, row));
  }
}

const RECIPES: [string, Recipe][] = [
  ['between', OLD],
  ['one of', MEN],
  ['inside', RIGHT],
  ['not, with the missing', { kind: 'not', of: OLD }],
  ['all of', { kind: 'all_of', of: [OLD, MEN, RIGHT] }],
  ['any of', { kind: 'any_of', of: [OLD, { kind: 'all_of', of: [MEN, { kind: 'not', of: RIGHT }] }] }],
  ['everyone', { kind: 'all_of', of: [] }],
  ['nobody', { kind: 'any_of', of: [] }],
];

describe('the mask of a recipe', () => {
  it.each(RECIPES)('is what the recipe says of every row: %s', (_, recipe) => {
    const expected = Array.from({ length: N }, (__, row) => Number(belongs(recipe, row)));
    expect([...recipeMask(recipe, rows, new WeakMap())]).toEqual(expected);
  });

  it('is computed once', () => {
    const known: Masks = new WeakMap();
    expect(recipeMask(OLD, rows, known)).toBe(recipeMask(OLD, rows, known));
  });

  it('needs the columns and maps that it names', () => {
    const { columns, maps } = needsOf({ kind: 'any_of', of: [OLD, { kind: 'not', of: RIGHT }] });
    expect([columns, maps]).toEqual([['age'], [['ecg', 'tsne']]]);
  });

  it('refuses a level that is not there', () => {
    const odd: Recipe = { kind: 'one_of', column: 'sex', values: ['Odd'], missing: false };
    expect(() => recipeMask(odd, rows, new WeakMap())).toThrow(/no level Odd/);
  });

  it('is that of the brush it came from', () => {
    for (const part of [OLD, MEN]) expect(brushRecipe(part.column, brushOf(part))).toEqual(part);
  });
});

describe('a recipe from outside', () => {
  it.each(RECIPES)('is read as it was written: %s', (_, recipe) => {
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it.each([
    ['nothing', null],
    ['a list', []],
    ['an unknown kind', { kind: 'like', of: [] }],
    ['a bound that is no number', { kind: 'between', column: 'age', low: '1', high: 2 }],
    ['a bound that is not finite', { kind: 'between', column: 'age', low: 1, high: Infinity }],
    ['a field of the prototype', Object.create({ kind: 'all_of', of: [] })],
    ['a corner of one number', { ...RIGHT, polygon: [[1]] }],
    ['too many corners', { ...RIGHT, polygon: Array.from({ length: 4097 }, () => [0, 0]) }],
    ['too many parts', { kind: 'all_of', of: Array.from({ length: 256 }, () => OLD) }],
    ['too deep', Array.from({ length: 18 }).reduce<object>((of) => ({ kind: 'not', of }), OLD)],
  ])('is refused: %s', (_, value) => {
    expect(() => parseRecipe(value)).toThrow();
  });
});

describe('a link', () => {
  it('gives back what it was given, with every bit of a number', async () => {
    const value = { z: [0.1 + 0.2, -1e-300, Math.PI], name: 'Zoë ♥', long: 'x'.repeat(50_000) };
    const link = await encodeLink(value);
    expect(link).toMatch(/^#v1=[\w-]+$/);
    expect(link.length).toBeLessThan(1000);
    expect(await decodeLink(link)).toEqual(value);
  });

  it('is null where there is none', async () => {
    expect(await decodeLink('')).toBeNull();
    expect(await decodeLink('#top')).toBeNull();
  });

  it('is refused where it was cut short', async () => {
    const link = await encodeLink({ a: [1, 2, 3], b: 'some words that deflate cannot make shorter' });
    await expect(decodeLink(link.slice(0, -8))).rejects.toThrow();
    await expect(decodeLink('#v1=%%')).rejects.toThrow();
  });
});
