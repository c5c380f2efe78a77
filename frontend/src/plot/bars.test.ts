import { expect, test } from 'vitest';
import { namesThatFit } from './bars';

const names = ['NT-proBNP', 'Sodium'];

test('names stand under bars that have room for a line of text', () => {
  expect(namesThatFit({ names }, 300)).toEqual(names);
});

test('bars too narrow for a line of text, and bars without names, have none', () => {
  expect(namesThatFit({ names: Array.from({ length: 100 }, String) }, 300)).toEqual([]);
  expect(namesThatFit({}, 300)).toEqual([]);
});
