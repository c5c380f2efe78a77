/** The mean code of some people. */

import type { Backend } from './backend';
import { ask, floats, tensors } from './requests';

export function meansAt(base: string): Pick<Backend, 'mean'> {
  return { mean: async (mask) => floats((await tensors(ask(base, 'mean', {}, bitsOf(mask)))).arrays, 'z') };
}

/** One bit for each row, eight to a byte, the first the highest. */
export function bitsOf(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]) bits[i >> 3] = (bits[i >> 3] ?? 0) | (0x80 >> (i & 7));
  }
  return bits;
}
