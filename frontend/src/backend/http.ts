/** The backend over HTTP: same origin, cookie session, arrays as safetensors. */

import type { Tensors } from '../lib/ndarray';
import { areasAt } from './areas';
import type { Backend, Column, Description, Measured, Provenance, RankBy, RankedDim, Subject } from './backend';
import { comparedAt } from './compare';
import { followedAt } from './followed';
import { surroundedAt, translations } from './drawn';
import { latentRoutes } from './latent-routes';
import { meansAt } from './means';
import { ownAt } from './own';
import { rememberedAt } from './remembered';
import { scoredAt } from './scored';
import { toldAt } from './told';
import { ask, column, floats, ofRow, recordings, tensors, texts } from './requests';

const NAMES_AT_ONCE = 100;

/** A backend for the workspace at `base` (`/w/heart/`). */
export function httpBackend(base: string): Backend {
  return {
    ...areasAt(base),
    ...latentRoutes(base),
    ...ownAt(base),
    ...comparedAt(base),
    ...followedAt(base),
    ...meansAt(base),
    describe: async () => (await ask(base, 'describe')).json() as Promise<Description>,
    provenance: async () => (await ask(base, 'provenance')).json() as Promise<Provenance>,
    columns: async (names) => {
      const asked = inParts(names).map(async (part) => {
        const { arrays } = await tensors(ask(base, 'columns', { names: part.join(',') }));
        return part.map((name): [string, Column] => [name, column(arrays, name)]);
      });
      return new Map((await Promise.all(asked)).flat());
    },
    texts: async (names) => {
      const { arrays } = await tensors(ask(base, 'columns', { names: names.join(',') }));
      return new Map(names.map((name) => [name, texts(arrays, name)]));
    },
    points: async (space, method) => floats((await tensors(ask(base, 'points', { space, method }))).arrays, 'points'),
    subject: async (row) => subjectOf(row, await tensors(ask(base, 'subject', { row: String(row) }))),
    encode: async (row, modalities) => {
      const query = { row: String(row), modalities: modalities.join(',') };
      const { arrays } = await tensors(ask(base, 'encode', query));
      return { mean: floats(arrays, 'z'), logVar: floats(arrays, 'log_var') };
    },
    translate: async (row, source) => translations(await tensors(ask(base, 'translate', { row: String(row), source }))),
    decode: async (z) => recordings((await tensors(ask(base, 'decode', {}, z))).arrays),
    place: async (z, maps) => {
      const { arrays } = await tensors(ask(base, 'place', { maps: maps.join(',') }, z));
      return new Map(
        Object.keys(arrays).map((name) => {
          const [x = NaN, y = NaN] = floats(arrays, name);
          return [name, [x, y]];
        }),
      );
    },
    rank: async (by: RankBy) => (await ask(base, 'rank', { ...by })).json() as Promise<RankedDim[]>,
    measure: async (row, z) => (await ask(base, 'measure', ofRow(row), z ?? undefined)).json() as Promise<Measured[]>,
    ...surroundedAt(base),
    ...rememberedAt(base),
    ...scoredAt(base),
    ...toldAt(base),
  };
}

function subjectOf(row: number, { arrays, metadata }: Tensors): Subject {
  return {
    row,
    id: metadata['subject_id'] ?? '',
    visit: metadata['visit'] ?? '',
    part: metadata['part'] ?? '',
    recordings: recordings(arrays),
  };
}

/** Names in lists that fit into an address each. */
function inParts(names: readonly string[]): string[][] {
  const parts = Math.ceil(names.length / NAMES_AT_ONCE);
  return Array.from({ length: parts }, (_, i) => names.slice(i * NAMES_AT_ONCE, (i + 1) * NAMES_AT_ONCE));
}
