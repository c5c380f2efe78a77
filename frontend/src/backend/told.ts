/** Groups counted and averaged by the server: all that there is where single people are not shown. */

import type { Tensors } from '../lib/ndarray';
import type { Recipe } from '../lib/recipe';
import type { Backend, Grid, Tallied, ToldColumn } from './backend';
import { ask, floats, malformed, tensors } from './requests';

export function toldAt(base: string): Pick<Backend, 'tally' | 'grid' | 'centre'> {
  return {
    tally: async (groups, names) => {
      const query = { names: names.join(',') };
      return tallied((await tensors(ask(base, 'tally', query, json(groups)))).arrays, groups.length, names);
    },
    grid: async (space, method, groups) => {
      const { arrays } = await tensors(ask(base, 'grid', { space, method }, json(groups)));
      return gridOf(arrays, groups.length);
    },
    centre: async (group) => floats((await tensors(ask(base, 'centre', {}, json([group])))).arrays, 'z'),
  };
}

function json(groups: readonly Recipe[]): string {
  return JSON.stringify(groups);
}

function tallied(arrays: Tensors['arrays'], groups: number, names: readonly string[]): Tallied {
  const columns = names.map((name): [string, ToldColumn] => {
    const edges = arrays[`${name}.edges`] ? floats(arrays, `${name}.edges`) : new Float32Array();
    const each = Array.from({ length: groups }, (_, i) => {
      const counts = told(arrays, `${i}.${name}.counts`);
      const known = arrays[`${i}.${name}.figures`] ? floats(arrays, `${i}.${name}.figures`) : [];
      const [mean = NaN, sd = NaN, median = NaN] = known;
      return { counts: counts.subarray(0, -1), missing: counts.at(-1) ?? NaN, mean, sd, median };
    });
    return [name, { edges, groups: each }];
  });
  return { total: [...told(arrays, 'total')], columns: new Map(columns) };
}

function gridOf(arrays: Tensors['arrays'], groups: number): Grid {
  const [left = NaN, bottom = NaN, right = NaN, top = NaN] = floats(arrays, 'box');
  const cells = Array.from({ length: groups }, (_, i) => told(arrays, String(i)));
  return { box: { left, bottom, right, top }, cells };
}

/** Counts as numbers, NaN where the server says -1: not told. */
function told(arrays: Tensors['arrays'], name: string): Float32Array {
  const data = arrays[name]?.data;
  if (!(data instanceof Int32Array)) throw malformed(name);
  return Float32Array.from(data, (n) => (n < 0 ? NaN : n));
}
