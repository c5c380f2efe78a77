/** The left ventricle's area through the beat. */

import type { Backend } from './backend';
import { ask, ofRow, recordings, tensors } from './requests';

export function areasAt(base: string): Pick<Backend, 'areas'> {
  return {
    areas: async (row, z) =>
      recordings((await tensors(z ? ask(base, 'areas', {}, z) : ask(base, 'areas', ofRow(row)))).arrays),
  };
}
