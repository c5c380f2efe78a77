/** Words and the size on paper inside a PNG that a browser has written (PNG specification, 3rd edition). */

import { joined } from './bytes';

/** The signature and the header, which must come first. */
const HEADER_END = 8 + 25;
const POLYNOMIAL = 0xedb88320;

/** The same picture with a text under `keyword` (iTXt, UTF-8) and, where it is to scale, its pixels for a metre. */
export function described(
  png: Uint8Array,
  words: { keyword: string; text: string },
  perMetre: number | null,
): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  const said = chunk('iTXt', joined([utf8.encode(words.keyword), new Uint8Array(5), utf8.encode(words.text)]));
  const size = perMetre === null ? [] : [chunk('pHYs', joined([four(perMetre), four(perMetre), Uint8Array.of(1)]))];
  return joined([png.subarray(0, HEADER_END), ...size, said, png.subarray(HEADER_END)]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joined([new TextEncoder().encode(type), data]);
  return joined([four(data.length), body, four(crc(body))]);
}

function four(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function crc(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  }
  return ~rest >>> 0;
}
