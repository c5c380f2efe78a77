import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { described } from './png';

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

const HEADER = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
const PNG = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
  chunk('IHDR', HEADER),
  chunk('IDAT', deflateSync(Buffer.from([0, 77]))),
  chunk('IEND', Buffer.alloc(0)),
]);

/** Every chunk by its type, its check sum checked against zlib's. */
function chunks(png: Uint8Array): [string, Buffer][] {
  const found: [string, Buffer][] = [];
  const bytes = Buffer.from(png);
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    found.push([body.subarray(0, 4).toString(), body.subarray(4)]);
    at += 12 + length;
  }
  return found;
}

describe('a described PNG', () => {
  it('keeps its picture and carries the words in UTF-8', () => {
    const found = chunks(described(PNG, { keyword: 'Description', text: 'GENERATED · 2 mm' }, null));
    expect(found.map(([type]) => type)).toEqual(['IHDR', 'iTXt', 'IDAT', 'IEND']);
    expect(found[1]?.[1].toString()).toBe('Description\0\0\0\0\0GENERATED · 2 mm');
    expect(found[2]?.[1]).toEqual(chunks(PNG)[1]?.[1]);
  });

  it('says its size on paper where it is to scale', () => {
    const [, size] = chunks(described(PNG, { keyword: 'Description', text: '' }, 8000));
    expect(size?.[0]).toBe('pHYs');
    expect([size?.[1].readUInt32BE(0), size?.[1].readUInt32BE(4), size?.[1][8]]).toEqual([8000, 8000, 1]);
  });
});
