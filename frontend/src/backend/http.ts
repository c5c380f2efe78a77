/** The backend over HTTP: same origin, cookie session, arrays as safetensors. */

import { parseSafetensors, type Tensors } from '../lib/ndarray';
import type { Recipe } from '../lib/recipe';
import {
  BackendError,
  type Axes,
  type Backend,
  type Column,
  type Description,
  type Direction,
  type Measured,
  type Predicted,
  type RankBy,
  type RankedDim,
  type Recordings,
  type Separated,
  type Values,
} from './backend';

const RETRIES = 3;
const NAMES_AT_ONCE = 100;

/** A backend for the workspace at `base` (`/w/heart/`). */
export function httpBackend(base: string): Backend {
  return {
    ...latentRoutes(base),
    describe: async () => (await ask(base, 'describe')).json() as Promise<Description>,
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
    subject: async (row) => {
      const { arrays, metadata } = await tensors(ask(base, 'subject', { row: String(row) }));
      return {
        row,
        id: metadata['subject_id'] ?? '',
        visit: metadata['visit'] ?? '',
        part: metadata['part'] ?? '',
        recordings: recordings(arrays),
      };
    },
    encode: async (row, modalities) => {
      const query = { row: String(row), modalities: modalities.join(',') };
      const { arrays } = await tensors(ask(base, 'encode', query));
      return { mean: floats(arrays, 'z'), logVar: floats(arrays, 'log_var') };
    },
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
    predict: async (row, z) => (await ask(base, 'predict', ofRow(row), z)).json() as Promise<Predicted[]>,
  };
}

/** Directions, filmstrips, and what is asked of groups. */
function latentRoutes(base: string): Pick<Backend, 'separates' | 'axes' | 'direction' | 'course' | 'traverse'> {
  return {
    separates: async (a, b) => (await ask(base, 'separates', {}, [a, b])).json() as Promise<Separated>,
    axes: async (group) => axes((await tensors(ask(base, 'axes', {}, [group]))).arrays),
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

function ofRow(row: number | null): Record<string, string> {
  return row === null ? {} : { row: String(row) };
}

/** Names in lists that fit into an address each. */
function inParts(names: readonly string[]): string[][] {
  const parts = Math.ceil(names.length / NAMES_AT_ONCE);
  return Array.from({ length: parts }, (_, i) => names.slice(i * NAMES_AT_ONCE, (i + 1) * NAMES_AT_ONCE));
}

async function ask(
  base: string,
  route: string,
  query: Record<string, string> = {},
  body?: Float32Array | readonly Recipe[],
): Promise<Response> {
  const search = new URLSearchParams(query).toString();
  const url = `${base}${route}${search && `?${search}`}`;
  for (let attempt = 1; ; attempt++) {
    const response = await send(url, route, body);
    if (response.ok) return response;
    if (response.status !== 503 || attempt === RETRIES) throw await refusal(response, route);
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    await new Promise((wait) => setTimeout(wait, 1000 * Math.min(seconds || 1, 5)));
  }
}

async function send(url: string, route: string, body?: Float32Array | readonly Recipe[]): Promise<Response> {
  try {
    if (!body) return await fetch(url);
    if (!(body instanceof Float32Array)) {
      const headers = { 'content-type': 'application/json' };
      return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    }
    const headers = { 'content-type': 'application/octet-stream' };
    return await fetch(url, { method: 'POST', headers, body: body.slice().buffer });
  } catch {
    throw new BackendError(
      'server.unreachable',
      route,
      'the server does not answer',
      'Start it again with `latentspace serve`, then reload this page.',
    );
  }
}

async function refusal(response: Response, route: string): Promise<BackendError> {
  if (response.status === 401) {
    return new BackendError(
      'session.missing',
      'this page',
      'the server does not know this browser',
      'Open the link printed by `latentspace serve` again.',
    );
  }
  const said: unknown = await response.json().catch(() => null);
  const text = (key: string, otherwise: string): string => {
    const value: unknown = said && typeof said === 'object' ? Reflect.get(said, key) : undefined;
    return typeof value === 'string' && value ? value : otherwise;
  };
  return new BackendError(
    text('code', `http.${response.status}`),
    text('where', route),
    text('found', `the server answered ${response.status}`),
    text('hint', 'Try again; if it stays so, look at the output of `latentspace serve`.'),
  );
}

async function tensors(response: Promise<Response>): Promise<Tensors> {
  return parseSafetensors(await (await response).arrayBuffer());
}

function recordings(arrays: Tensors['arrays']): Recordings {
  return Object.fromEntries(Object.keys(arrays).map((name) => [name, values(arrays, name)]));
}

/** One of several recordings that came together. */
function rowOf(all: Recordings, i: number, rows: number): Recordings {
  const cut = (one: Values) => one.slice((i * one.length) / rows, ((i + 1) * one.length) / rows);
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, cut(one)]));
}

function axes(arrays: Tensors['arrays']): Axes {
  const share = floats(arrays, 'share');
  const [all, places] = [floats(arrays, 'axes'), floats(arrays, 'places')];
  const width = all.length / share.length;
  return {
    share,
    middle: floats(arrays, 'middle'),
    axes: Array.from(share, (_, k) => all.slice(k * width, (k + 1) * width)),
    places: Array.from(share, (_, k) => places.filter((_place, i) => i % share.length === k)),
  };
}

function values(arrays: Tensors['arrays'], name: string): Values {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array || data instanceof Uint8Array) return data;
  throw malformed(name);
}

function floats(arrays: Tensors['arrays'], name: string): Float32Array {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array) return data;
  throw malformed(name);
}

function column(arrays: Tensors['arrays'], name: string): Column {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array || data instanceof Int16Array) return data;
  throw malformed(name);
}

function texts(arrays: Tensors['arrays'], name: string): string[] {
  const bytes = arrays[`${name}.text`]?.data;
  const offsets = arrays[`${name}.offsets`]?.data;
  if (!(bytes instanceof Uint8Array) || !(offsets instanceof Uint32Array)) throw malformed(name);
  const decoder = new TextDecoder();
  const text = (i: number) => decoder.decode(bytes.subarray(offsets[i], offsets[i + 1]));
  return Array.from({ length: offsets.length - 1 }, (_, i) => text(i));
}

function malformed(name: string): BackendError {
  return new BackendError(
    'answer.malformed',
    name,
    'the answer lacks this array',
    'The page and the server are of different versions: reload the page.',
  );
}
