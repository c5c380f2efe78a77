/** A film of grey levels as a GIF (GIF89a, one table of 256 greys, for ever again), LZW as in its appendix F. */

import { joined } from './bytes';

export interface Film {
  width: number;
  height: number;
  /** Grey levels, row by row. */
  frames: readonly Uint8Array[];
  /** Of each frame, in hundredths of a second. */
  delays: readonly number[];
  comment: string;
}

const GREYS = 256;
const CLEAR = 256;
const END = 257;
const FIRST_BITS = 9;
/** Codes of a dictionary that is full. */
const MOST = 4096;
const BLOCK = 255;
/** Browsers show shorter frames for a tenth of a second. */
const SHORTEST_CS = 2;

export function gif({ width, height, frames, delays, comment }: Film): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [
    ascii('GIF89a'),
    Uint8Array.of(...two(width), ...two(height), 0xf7, 0, 0),
    Uint8Array.from({ length: 3 * GREYS }, (_, i) => Math.floor(i / 3)),
    Uint8Array.of(0x21, 0xff, 11),
    ascii('NETSCAPE2.0'),
    Uint8Array.of(3, 1, 0, 0, 0),
    Uint8Array.of(0x21, 0xfe),
    blocks(new TextEncoder().encode(comment)),
  ];
  frames.forEach((frame, i) => {
    parts.push(
      Uint8Array.of(0x21, 0xf9, 4, 0, ...two(delays[i] ?? SHORTEST_CS), 0, 0),
      Uint8Array.of(0x2c, 0, 0, 0, 0, ...two(width), ...two(height), 0),
      Uint8Array.of(FIRST_BITS - 1),
      blocks(lzw(frame)),
    );
  });
  return joined([...parts, Uint8Array.of(0x3b)]);
}

/** Which of `n` frames are shown, and for how long each (hundredths of a second), so that together they last `ms`. */
export function timing(n: number, ms: number): { frames: number[]; delays: number[] } {
  const total = Math.round(ms / 10);
  const kept = Math.max(1, Math.min(n, Math.floor(total / SHORTEST_CS)));
  const at = (i: number) => Math.round((i * total) / kept);
  const each = Array.from({ length: kept }, (_, i) => i);
  return { frames: each.map((i) => Math.floor((i * n) / kept)), delays: each.map((i) => at(i + 1) - at(i)) };
}

/** The codes of the levels, packed with the lowest bit first. */
function lzw(levels: Uint8Array): Uint8Array {
  const bits = new Bits(levels.length);
  let known = new Map<number, number>();
  let next = END + 1;
  let size = FIRST_BITS;
  let prefix = levels[0] ?? 0;
  bits.put(CLEAR, size);
  for (let i = 1; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    const longer = known.get(prefix * GREYS + level);
    if (longer !== undefined) {
      prefix = longer;
      continue;
    }
    bits.put(prefix, size);
    if (next < MOST) {
      known.set(prefix * GREYS + level, next);
      if (next++ === 1 << size) size++;
    } else {
      bits.put(CLEAR, size);
      known = new Map();
      [next, size] = [END + 1, FIRST_BITS];
    }
    prefix = level;
  }
  bits.put(prefix, size);
  bits.put(END, endSize(next, size));
  return bits.bytes();
}

/** The decoder adds one more code before it reads the end. */
function endSize(next: number, size: number): number {
  return next === 1 << size && size < 12 ? size + 1 : size;
}

class Bits {
  #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  /** Room for every level as a code of its own, of 12 bits, and then some. */
  constructor(levels: number) {
    this.#bytes = new Uint8Array(2 * levels + 16);
  }

  put(code: number, size: number): void {
    this.#held |= code << this.#count;
    this.#count += size;
    while (this.#count >= 8) {
      this.#bytes[this.#at++] = this.#held & 0xff;
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  bytes(): Uint8Array {
    const rest = this.#count ? Uint8Array.of(this.#held & 0xff) : new Uint8Array();
    return joined([this.#bytes.subarray(0, this.#at), rest]);
  }
}

/** In blocks of at most 255 bytes, each after its length, and an empty one. */
function blocks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const part = bytes.subarray(from, from + BLOCK);
    parts.push(Uint8Array.of(part.length), part);
  }
  return joined([...parts, Uint8Array.of(0)]);
}

function two(value: number): [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
