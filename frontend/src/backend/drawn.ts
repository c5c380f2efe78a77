/** Answers of several arrays: translations with their bands, ways between two codes. */

import type { Tensors } from '../lib/ndarray';
import type { Backend, Density, Neighbours, Predicted, Translated, WalkPath } from './backend';
import { ask, floats, malformed, ofRow, tensors, values } from './requests';

const MEAN = '.mean';

export function translations({ arrays, metadata }: Tensors): Map<string, Translated> {
  const names = Object.keys(arrays).filter((name) => name.endsWith(MEAN));
  return new Map(
    names.map((key) => {
      const name = key.slice(0, -MEAN.length);
      const number = (text = '') => (text === '' ? null : Number(text));
      const bounds = { low: floats(arrays, `${name}.low`), high: floats(arrays, `${name}.high`) };
      const judged = { covered: number(metadata[`${name}.covered`]), n: number(metadata[`${name}.n`]) };
      return [name, { mean: values(arrays, key), ...bounds, ...judged, reason: metadata[`${name}.reason`] ?? '' }];
    }),
  );
}

async function interpolate(
  base: string,
  [a, b]: [Float32Array, Float32Array],
  query: Record<string, string>,
): Promise<WalkPath> {
  const { arrays } = await tensors(ask(base, 'interpolate', query, new Float32Array([...a, ...b])));
  const { length } = a;
  const codes = floats(arrays, 'z');
  const nearest = arrays['nearest']?.data;
  if (!(nearest instanceof Int32Array)) throw malformed('nearest');
  const z = Array.from(nearest, (_, i) => codes.subarray(i * length, (i + 1) * length));
  return { z, centile: floats(arrays, 'centile'), nearest, distance: floats(arrays, 'distance') };
}

/** What lies about a code, and what is predicted from it. */
export function surroundedAt(base: string): Pick<Backend, 'density' | 'neighbours' | 'interpolate' | 'predict'> {
  return {
    predict: async (row, z, space) =>
      (await ask(base, 'predict', { ...ofRow(row), ...(space ? { space } : {}) }, z)).json() as Promise<Predicted[]>,
    density: async (row, z) => (await ask(base, 'density', ofRow(row), z)).json() as Promise<Density>,
    neighbours: async (row, z, n, space) =>
      (await ask(base, 'neighbours', { ...ofRow(row), n: String(n), space }, z)).json() as Promise<Neighbours>,
    interpolate: (a, b, steps, how) => interpolate(base, [a, b], { steps: String(steps), how }),
  };
}
