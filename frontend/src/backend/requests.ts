/** One question and its answer: retries, refusals, and arrays out of a safetensors body. */

import { parseSafetensors, type Tensors } from '../lib/ndarray';
import { BackendError, type Column, type Recordings, type Values } from './backend';

const RETRIES = 3;

/** A code as raw float32, or JSON; either makes a question a POST. */
type Body = Float32Array | Uint8Array | string;

export async function ask(
  base: string,
  route: string,
  query: Record<string, string> = {},
  body?: Body,
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

async function send(url: string, route: string, body?: Body): Promise<Response> {
  try {
    if (body === undefined) return await fetch(url);
    const json = typeof body === 'string';
    const headers = { 'content-type': json ? 'application/json' : 'application/octet-stream' };
    return await fetch(url, { method: 'POST', headers, body: json ? body : body.slice().buffer });
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

export async function tensors(response: Promise<Response>): Promise<Tensors> {
  return parseSafetensors(await (await response).arrayBuffer());
}

export function recordings(arrays: Tensors['arrays']): Recordings {
  return Object.fromEntries(Object.keys(arrays).map((name) => [name, values(arrays, name)]));
}

export function values(arrays: Tensors['arrays'], name: string): Values {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array || data instanceof Uint8Array) return data;
  throw malformed(name);
}

export function floats(arrays: Tensors['arrays'], name: string): Float32Array {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array) return data;
  throw malformed(name);
}

export function column(arrays: Tensors['arrays'], name: string): Column {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array || data instanceof Int16Array) return data;
  throw malformed(name);
}

export function texts(arrays: Tensors['arrays'], name: string): string[] {
  const bytes = arrays[`${name}.text`]?.data;
  const offsets = arrays[`${name}.offsets`]?.data;
  if (!(bytes instanceof Uint8Array) || !(offsets instanceof Uint32Array)) throw malformed(name);
  const decoder = new TextDecoder();
  const all = decoder.decode(bytes);
  const plain = all.length === bytes.length; // a byte for each letter: no need to decode them one by one
  const text = (from: number, to: number) => (plain ? all.slice(from, to) : decoder.decode(bytes.subarray(from, to)));
  return Array.from({ length: offsets.length - 1 }, (_, i) => text(offsets[i] ?? 0, offsets[i + 1] ?? 0));
}

export function malformed(name: string): BackendError {
  return new BackendError(
    'answer.malformed',
    name,
    'the answer lacks this array',
    'The page and the server are of different versions: reload the page.',
  );
}

export function ofRow(row: number | null): Record<string, string> {
  return row === null ? {} : { row: String(row) };
}
