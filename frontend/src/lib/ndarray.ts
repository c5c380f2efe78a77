/** Several named arrays in one body: the safetensors format, read with every length checked. */

export type ArrayData =
  Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

export interface Tensor {
  dtype: string;
  shape: readonly number[];
  data: ArrayData;
}

export interface Tensors {
  arrays: Record<string, Tensor>;
  metadata: Record<string, string>;
}

interface Constructor {
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayData;
  readonly BYTES_PER_ELEMENT: number;
}

const TYPES = new Map<string, Constructor>([
  ['F32', Float32Array],
  ['F64', Float64Array],
  ['I8', Int8Array],
  ['I16', Int16Array],
  ['I32', Int32Array],
  ['U8', Uint8Array],
  ['U16', Uint16Array],
  ['U32', Uint32Array],
]);

/** Files as one body of bytes (U8), each under its name. */
export function writeSafetensors(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  let end = 0;
  const entries = [...files].map(([name, { length }]): [string, object] => {
    const place = [end, (end += length)];
    return [name, { dtype: 'U8', shape: [length], data_offsets: place }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const body = new Uint8Array(8 + header.length + end);
  new DataView(body.buffer).setBigUint64(0, BigInt(header.length), true);
  body.set(header, 8);
  let at = 8 + header.length;
  for (const content of files.values()) {
    body.set(content, at);
    at += content.length;
  }
  return body;
}

/**
 * Reads a body: 8 bytes with the length of the header, the header as JSON, the data, all little-endian.
 *
 * Arrays are views of the body where their place allows it, else copies.
 *
 * @throws Error if the body is cut short, its header is no header, or an array has another size than its shape.
 *
 * Source: https://huggingface.co/docs/safetensors (format).
 */
export function parseSafetensors(body: ArrayBuffer): Tensors {
  const start = dataStart(body);
  const header = object(JSON.parse(new TextDecoder().decode(new Uint8Array(body, 8, start - 8))));
  const tensors: Tensors = { arrays: {}, metadata: {} };
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') tensors.metadata = texts(object(entry));
    else tensors.arrays[name] = tensor(body, start, name, object(entry));
  }
  return tensors;
}

function dataStart(body: ArrayBuffer): number {
  if (body.byteLength < 8) throw malformed(`${body.byteLength} bytes, less than a header`);
  const start = 8 + Number(new DataView(body).getBigUint64(0, true));
  if (start > body.byteLength) throw malformed(`the header ends at byte ${start} of ${body.byteLength}`);
  return start;
}

function tensor(body: ArrayBuffer, start: number, name: string, entry: Record<string, unknown>): Tensor {
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = typeof dtype === 'string' ? TYPES.get(dtype) : undefined;
  if (!type || typeof dtype !== 'string') throw malformed(`${name} has the type ${String(dtype)}`);
  if (!isSizes(shape) || !isSizes(offsets)) throw malformed(`${name} lacks a shape or a place`);
  const [from = NaN, to = NaN] = offsets.map((offset) => start + offset);
  const length = shape.reduce((product, size) => product * size, 1);
  const fits = to - from === length * type.BYTES_PER_ELEMENT && to <= body.byteLength;
  if (!fits) throw malformed(`${name} has bytes ${from} to ${to} of ${body.byteLength} for ${length} of ${dtype}`);
  return { dtype, shape, data: view(body, type, from, length) };
}

function view(body: ArrayBuffer, type: Constructor, from: number, length: number): ArrayData {
  const bytes = type.BYTES_PER_ELEMENT;
  if (from % bytes === 0) return new type(body, from, length);
  return new type(body.slice(from, from + length * bytes), 0, length);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0);
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('the header is no object');
  return { ...value };
}

function texts(entries: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, String(value)]));
}

function malformed(found: string): Error {
  return new Error(`malformed safetensors: ${found}`);
}
