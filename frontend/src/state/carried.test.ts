import { expect, test } from 'vitest';
import { carriedCode, movedDims, totalOf, withCarried, type Carried } from './carried';

const START = Float32Array.from([0.1, 0.2, 0.3]);
const OFFSET = Float32Array.from([0.7, -0.4, 0]);

function carried(offset: Float32Array): Carried {
  return { label: '', from: '', to: '', value: 0, offset, note: '' };
}

test('a slider moves the code and moves no single dimension', () => {
  const code = carriedCode(START, START, null, OFFSET);
  expect([...code]).toEqual([...START].map((value, i) => Math.fround(value + (OFFSET[i] ?? 0))));
  expect(movedDims(START, code, OFFSET)).toEqual([]);
});

test('a slider that goes back leaves exactly the start', () => {
  const there = carriedCode(START, START, null, OFFSET);
  expect(carriedCode(START, there, OFFSET, null)).toEqual(START);
});

test('what was dragged stays while a slider moves', () => {
  const there = carriedCode(START, START, null, OFFSET);
  there[2] = 2;
  expect(movedDims(START, there, OFFSET)).toEqual([2]);
  const back = carriedCode(START, there, OFFSET, null);
  expect(movedDims(START, back, null)).toEqual([2]);
  expect(back[2]).toBe(2);
});

test('sliders add up, and each can be taken away', () => {
  const one = withCarried(new Map(), 'a', carried(OFFSET));
  const two = withCarried(one, 'b', carried(Float32Array.from([1, 1, 1])));
  expect([...(totalOf(two) ?? [])]).toEqual([1.7, 0.6, 1].map(Math.fround));
  expect(totalOf(withCarried(withCarried(two, 'a', null), 'b', null))).toBeNull();
});
