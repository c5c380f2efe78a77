/** A code as undo and redo keep it. */

import type { Recordings } from '../backend/backend';
import type { Carrying } from './carried';
import type { Source } from './latents.svelte';

/** All that says which code is drawn; undo and redo put it back. */
export interface Code {
  source: Source;
  start: Float32Array;
  now: Float32Array;
  before: Recordings | null;
  carried: Carrying;
  row: number | null;
}

/** Steps on a code of one's own go when it is forgotten. */
export const OWN_STEPS = 'own';
