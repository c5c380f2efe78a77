import { expect, test } from 'vitest';
import { GreyWindow } from './grey-window.svelte';
import { marksOf } from './beat.svelte';

test('end diastole is where the area is largest and end systole where it is smallest', () => {
  const area = Float32Array.from({ length: 50 }, (_, i) => 40 + 8 * Math.cos((2 * Math.PI * (i - 3)) / 50));
  expect(marksOf(area)).toEqual({ ed: 3, es: 28 });
});

test('what was not traced has no marks', () => {
  expect(marksOf(undefined)).toBeNull();
  expect(marksOf(new Float32Array([4, NaN, 3]))).toBeNull();
});

test('the whole window is the whole scale, and a narrow one its middle', () => {
  const greys = new GreyWindow();
  expect(greys.within([0, 255])).toEqual([0, 255]);
  greys.set(25, 50);
  expect(greys.within([0, 200])).toEqual([0, 100]);
  expect(greys.changed).toBe(true);
  greys.reset();
  expect(greys.within([10, 20])).toEqual([10, 20]);
});

test('a window is never empty, whatever is dragged', () => {
  const greys = new GreyWindow();
  greys.set(-40, -100);
  const [black, white] = greys.within([0, 255]);
  expect(white).toBeGreaterThan(black);
  expect(greys.level).toBe(0);
});
