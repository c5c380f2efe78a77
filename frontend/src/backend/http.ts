/** The backend over HTTP: same origin, cookie session, arrays as safetensors. */

import { parseSafetensors, type Tensors } from '../lib/ndarray';
import type { Recipe } from '../lib/recipe';
import {
  BackendError,
  type Axes,
  type Backend,
  type Column,
  type Density,
  type Description,
  type Direction,
  type Measured,
  type Neighbours,
  type Predicted,
  type RankBy,
  type RankedDim,
  type Recordings,
<<<<<<< HEAD
  type SavedGroup,
  type SavedView,
  type Translated,
=======
  type Separated,
>>>>>>> latents
  type Values,
  type WalkPath,
} from './backend';

const RETRIES = 3;
const NAMES_AT_ONCE = 100;
const MEAN = '.mean';

/** A code as raw float32, or JSON; either makes a question a POST. */
type Body = Float32Array | string;

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
    predict: async (row, z) => (await ask(base, 'predict', ofRow(row), z)).json() as Promise<Predicted[]>,
    density: async (row, z) => (await ask(base, 'density', ofRow(row), z)).json() as Promise<Density>,
    neighbours: async (row, z, n, space) =>
      (await ask(base, 'neighbours', { ...ofRow(row), n: String(n), space }, z)).json() as Promise<Neighbours>,
    interpolate: (a, b, steps, how) => interpolate(base, [a, b], { steps: String(steps), how }),
    ...rememberedAt(base),
  };
}

<<<<<<< HEAD
type Remembered = 'groups' | 'save_group' | 'remove_group' | 'views' | 'save_view' | 'remove_view';

/** Saved groups and named views: all JSON. */
function rememberedAt(base: string): Pick<Backend, Remembered> {
  return {
    groups: async () => (await ask(base, 'groups')).json() as Promise<SavedGroup[]>,
    save_group: async (name, recipe, id = '', slot) => {
      const query = { name, group_id: id, ...(slot === undefined ? {} : { slot: String(slot) }) };
      return (await ask(base, 'save_group', query, JSON.stringify(recipe))).json() as Promise<SavedGroup>;
    },
    remove_group: async (id) => void (await ask(base, 'remove_group', { group_id: id }, '')),
    views: async () => (await ask(base, 'views')).json() as Promise<SavedView[]>,
    save_view: async (name, state) =>
      (await ask(base, 'save_view', { name }, JSON.stringify(state))).json() as Promise<SavedView>,
    remove_view: async (name) => void (await ask(base, 'remove_view', { name }, '')),
  };
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

=======
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

>>>>>>> latents
function ofRow(row: number | null): Record<string, string> {
  return row === null ? {} : { row: String(row) };
}

/** Names in lists that fit into an address each. */
function inParts(names: readonly string[]): string[][] {
  const parts = Math.ceil(names.length / NAMES_AT_ONCE);
  return Array.from({ length: parts }, (_, i) => names.slice(i * NAMES_AT_ONCE, (i + 1) * NAMES_AT_ONCE));
}

<<<<<<< HEAD
async function ask(base: string, route: string, query: Record<string, string> = {}, body?: Body): Promise<Response> {
=======
async function ask(
  base: string,
  route: string,
  query: Record<string, string> = {},
  body?: Float32Array | readonly Recipe[],
): Promise<Response> {
>>>>>>> latents
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

<<<<<<< HEAD
async function send(url: string, route: string, body?: Body): Promise<Response> {
  try {
    if (body === undefined) return await fetch(url);
    const json = typeof body === 'string';
    const headers = { 'content-type': json ? 'application/json' : 'application/octet-stream' };
    return await fetch(url, { method: 'POST', headers, body: json ? body : body.slice().buffer });
=======
async function send(url: string, route: string, body?: Float32Array | readonly Recipe[]): Promise<Response> {
  try {
    if (!body) return await fetch(url);
    if (!(body instanceof Float32Array)) {
      const headers = { 'content-type': 'application/json' };
      return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    }
    const headers = { 'content-type': 'application/octet-stream' };
    return await fetch(url, { method: 'POST', headers, body: body.slice().buffer });
>>>>>>> latents
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

<<<<<<< HEAD
function translations({ arrays, metadata }: Tensors): Map<string, Translated> {
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
=======
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
>>>>>>> latents
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
