import { expect, test } from 'vitest';
import { along, type Course } from './course';

/** Two dimensions: one rises by 2 for each unit, the other is the square of the value. */
const VALUES = Float32Array.from([10, 11, 12, 13]);
const COURSE: Course = { values: VALUES, steps: Float32Array.from([...VALUES].flatMap((v) => [2 * v, v * v])) };

test('from one stop to another it is the difference of their steps', () => {
  expect([...along(COURSE, 10, 12)]).toEqual([4, 44]);
  expect([...along(COURSE, 13, 11)]).toEqual([-4, -48]);
});

test('between two stops it is a straight line', () => {
  expect([...along(COURSE, 10, 11.5)]).toEqual([3, (121 + 144) / 2 - 100]);
});

test('beyond the ends nothing moves, and nowhere is nothing', () => {
  expect([...along(COURSE, 9, 99)]).toEqual([...along(COURSE, 10, 13)]);
  expect([...along(COURSE, 11.25, 11.25)]).toEqual([0, 0]);
});
