/** Files that are not of the cohort: sent as one body of bytes, answered by what the model makes of them. */

import { writeSafetensors } from '../lib/ndarray';
import type { Backend, Own } from './backend';
import { ask, floats, recordings, tensors } from './requests';

export function ownAt(base: string): Pick<Backend, 'own'> {
  return {
    own: async (files) => {
      const { arrays, metadata } = await tensors(ask(base, 'own', {}, writeSafetensors(files)));
      const recorded = Object.entries(arrays).filter(([name]) => name !== 'z' && name !== 'log_var');
      return {
        z: floats(arrays, 'z'),
        modalities: words(metadata['modalities']),
        notes: words(metadata['notes']),
        rr: Number(metadata['rr_ms']),
        recordings: recordings(Object.fromEntries(recorded)),
      } satisfies Own;
    },
  };
}

function words(text = '[]'): string[] {
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.map(String) : [];
}
