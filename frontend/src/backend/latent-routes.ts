/** Directions, filmstrips, and what is asked of groups. */

import type { Tensors } from '../lib/ndarray';
import type { Axes, Backend, Direction, Recordings, Separated, Values } from './backend';
import { ask, floats, recordings, tensors } from './requests';

export function latentRoutes(base: string): Pick<Backend, 'separates' | 'axes' | 'direction' | 'course' | 'traverse'> {
  return {
    separates: async (a, b) => (await ask(base, 'separates', {}, JSON.stringify([a, b]))).json() as Promise<Separated>,
    axes: async (group) => axes((await tensors(ask(base, 'axes', {}, JSON.stringify([group])))).arrays),
    direction: async (name, reach) => (await ask(base, 'direction', { name, reach })).json() as Promise<Direction>,
    course: async (name, reach) => {
      const { arrays } = await tensors(ask(base, 'course', { name, reach }));
      return { values: floats(arrays, 'values'), steps: floats(arrays, 'steps') };
    },
    traverse: async (z, { index, values, modalities, frame }) => {
      const query = {
        index: String(index),
        values: values.join(),
        modalities: modalities.join(),
        frame: String(frame),
      };
      const all = recordings((await tensors(ask(base, 'traverse', query, z))).arrays);
      return values.map((_, i) => rowOf(all, i, values.length));
    },
  };
}

/** One of several recordings that came together. */
function rowOf(all: Recordings, i: number, rows: number): Recordings {
  const cut = (one: Values) => one.slice((i * one.length) / rows, ((i + 1) * one.length) / rows);
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, cut(one)]));
}

function axes(arrays: Tensors['arrays']): Axes {
  const share = floats(arrays, 'share');
  const all = floats(arrays, 'axes');
  const places = arrays['places'] ? floats(arrays, 'places') : new Float32Array(); // not where people are not shown
  const width = all.length / share.length;
  return {
    share,
    middle: floats(arrays, 'middle'),
    axes: Array.from(share, (_, k) => all.slice(k * width, (k + 1) * width)),
    places: Array.from(share, (_, k) => places.filter((_place, i) => i % share.length === k)),
  };
}
