import { expect, test } from 'vitest';
import { bitsOf } from './means';

test('bits are those of numpy.packbits', () => {
  expect([...bitsOf(Uint8Array.of(1, 0, 0, 0, 0, 0, 1, 1, 0, 1))]).toEqual([131, 64]);
  expect(bitsOf(new Uint8Array(16).fill(1))).toEqual(Uint8Array.of(255, 255));
});
