import { describe, expect, it } from 'vitest';
import { parseSafetensors } from './ndarray';

/**
 * Written by Python's safetensors: points (2, 2) f32, codes (3) i16, text (4) u8, offsets (2) u32, empty (0, 2) f32,
 * wide (1) f64, and metadata.
 */
const PYTHON =
  'mAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJyb3ciOiIxNyIsInN1YmplY3RfaWQiOiJTLTEifSwid2lkZSI6eyJkdHlwZSI6IkY2NCIsInNoYXBl' +
  'IjpbMV0sImRhdGFfb2Zmc2V0cyI6WzAsOF19LCJlbXB0eSI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMCwyXSwiZGF0YV9vZmZzZXRzIjpbOCw4' +
  'XX0sInBvaW50cyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbOCwyNF19LCJvZmZzZXRzIjp7ImR0eXBlIjoi' +
  'VTMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzJdfSwiY29kZXMiOnsiZHR5cGUiOiJJMTYiLCJzaGFwZSI6WzNdLCJkYXRhX29m' +
  'ZnNldHMiOlszMiwzOF19LCJ0ZXh0Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzRdLCJkYXRhX29mZnNldHMiOlszOCw0Ml19fSAgICAgICCamZmZ' +
  'mZm5PwAAwD8AAADAAADAf+axYX8AAAAABAAAAP//AAAsAVpvw6s=';

const body = (): ArrayBuffer => Uint8Array.from(atob(PYTHON), (letter) => letter.charCodeAt(0)).buffer;

/** A body with this header and data, the data at an odd address if the header makes it so. */
function written(header: unknown, data: Uint8Array): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes.buffer;
}

describe('parseSafetensors', () => {
  it('reads what Python wrote', () => {
    const { arrays, metadata } = parseSafetensors(body());
    expect(metadata).toEqual({ subject_id: 'S-1', row: '17' });
    expect(arrays['points']?.shape).toEqual([2, 2]);
    expect(arrays['points']?.data).toEqual(Float32Array.of(1.5, -2, NaN, 3e38));
    expect(arrays['codes']?.data).toEqual(Int16Array.of(-1, 0, 300));
    expect(arrays['text']?.data).toEqual(new TextEncoder().encode('Zoë'));
    expect(arrays['offsets']?.data).toEqual(Uint32Array.of(0, 4));
    expect(arrays['empty']).toEqual({ dtype: 'F32', shape: [0, 2], data: new Float32Array() });
    expect(arrays['wide']?.data).toEqual(Float64Array.of(0.1));
  });

  it.each([0, 1, 2, 3])('reads numbers from an address that is off by %i', (shift) => {
    const values = Float32Array.of(1, -2.5, 1e-7);
    const header = { ['v'.repeat(4 + shift)]: { dtype: 'F32', shape: [3], data_offsets: [0, 12] } };
    const { arrays } = parseSafetensors(written(header, new Uint8Array(values.buffer)));
    expect(arrays['v'.repeat(4 + shift)]?.data).toEqual(values);
  });

  it('refuses a body that was cut short', () => {
    expect(() => parseSafetensors(body().slice(0, 4))).toThrow(/less than a header/);
    expect(() => parseSafetensors(body().slice(0, 100))).toThrow(/header ends/);
    expect(() => parseSafetensors(body().slice(0, -1))).toThrow(/malformed safetensors: text/);
  });

  it.each([
    ['a size that is not that of its shape', { dtype: 'F32', shape: [2], data_offsets: [0, 4] }],
    ['a type that it does not know', { dtype: 'BF16', shape: [2], data_offsets: [0, 4] }],
    ['a shape below zero', { dtype: 'U8', shape: [-4], data_offsets: [0, 4] }],
    ['no place', { dtype: 'U8', shape: [4] }],
  ])('refuses an array with %s', (_, entry) => {
    expect(() => parseSafetensors(written({ a: entry }, new Uint8Array(4)))).toThrow(/malformed safetensors: a /);
  });

  it('refuses a header that is no object', () => {
    expect(() => parseSafetensors(written([1], new Uint8Array()))).toThrow(/no object/);
  });
});
