import { expect, test } from 'vitest';
import { Timing } from './timing.svelte';

test('ninety-five of a hundred drawings came within p95', () => {
  const timing = new Timing();
  expect(timing.p95).toBeNaN();
  for (let ms = 100; ms >= 1; ms--) timing.add(ms);
  expect(timing.n).toBe(100);
  expect(timing.p95).toBe(95);
});

test('only the last thousand count', () => {
  const timing = new Timing();
  timing.add(9999);
  for (let i = 0; i < 1000; i++) timing.add(1);
  expect(timing.n).toBe(1000);
  expect(timing.p95).toBe(1);
});
