import { describe, expect, it } from 'vitest';
import { gif, timing } from './gif';

/** A decoder of its own, straight from the GIF89a specification: the pixels of every frame, its delay, the comment. */
function decoded(bytes: Uint8Array) {
  let at = 6;
  const byte = () => bytes[at++] ?? NaN;
  const word = () => byte() + 256 * byte();
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.slice(from, to));
  const blocks = () => {
    const data: number[] = [];
    for (let n = byte(); n; n = byte()) for (let i = 0; i < n; i++) data.push(byte());
    return data;
  };
  const [width, height, packed] = [word(), word(), byte()];
  at += 2;
  const table = bytes.slice(at, at + 3 * 2 ** ((packed & 7) + 1));
  at += table.length;
  const frames: { delay: number; greys: number[] }[] = [];
  let comment = '';
  let delay = 0;
  for (let kind = byte(); kind !== 0x3b; kind = byte()) {
    if (kind === 0x21) {
      const label = byte();
      const data = blocks();
      if (label === 0xfe) comment = new TextDecoder().decode(Uint8Array.from(data));
      if (label === 0xf9) delay = (data[1] ?? 0) + 256 * (data[2] ?? 0);
    } else {
      at += 9;
      const size = byte();
      frames.push({ delay, greys: unpacked(blocks(), size).map((index) => table[3 * index] ?? NaN) });
    }
  }
  return { signature: text(0, 6), width, height, frames, comment };
}

function unpacked(data: number[], minimum: number): number[] {
  const clear = 2 ** minimum;
  let [size, bit, before]: [number, number, number[]] = [minimum + 1, 0, []];
  let dictionary: number[][] = [];
  const next = () => {
    if (bit + size > 8 * data.length) throw new Error('the end is missing');
    return Array.from({ length: size }, (_, i) => bitOf(data, bit + i) << i).reduce((a, b) => a | b, 0);
  };
  const out: number[] = [];
  for (let code = next(); code !== clear + 1; code = next()) {
    bit += size;
    if (code === clear) {
      dictionary = Array.from({ length: clear + 2 }, (_, i) => [i]);
      [size, before] = [minimum + 1, []];
      continue;
    }
    const entry = dictionary[code] ?? [...before, ...before.slice(0, 1)];
    out.push(...entry);
    if (before.length && dictionary.length < 4096) dictionary.push([...before, ...entry.slice(0, 1)]);
    if (dictionary.length === 2 ** size && size < 12) size++;
    before = entry;
  }
  return out;
}

function bitOf(data: number[], at: number): number {
  return ((data[at >> 3] ?? 0) >> (at & 7)) & 1;
}

/** Lehmer's generator: the same noise in every run. */
function noise(n: number, levels: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length: n }, () => (state = (state * 48271) % 2147483647) % levels);
}

describe('a GIF', () => {
  const [width, height] = [61, 97];
  const n = width * height;
  const pictures = {
    'of one grey': new Uint8Array(n).fill(200),
    'of all greys in turn': Uint8Array.from({ length: n }, (_, i) => i),
    'of noise, which fills the dictionary many times': noise(n, 256),
    'of few greys': noise(n, 3),
  };

  it.each(Object.entries(pictures))('%s comes back as it was', (_, greys) => {
    const film = decoded(gif({ width, height, frames: [greys], delays: [4], comment: 'x' }));
    expect(film).toMatchObject({ signature: 'GIF89a', width, height });
    expect(film.frames[0]?.greys).toEqual([...greys]);
  });

  it('comes back at every length of a frame, so that the end has its place at every width of the codes', () => {
    for (let wide = 1; wide < 1400; wide++) {
      const greys = noise(wide, 256);
      expect(
        decoded(gif({ width: wide, height: 1, frames: [greys], delays: [2], comment: '' })).frames[0]?.greys,
      ).toEqual([...greys]);
    }
  });

  it('keeps every frame with its delay, and the comment', () => {
    const frames = [pictures['of one grey'], pictures['of few greys']];
    const film = decoded(
      gif({ width, height, frames, delays: [3, 300], comment: `GENERATED · ${'long '.repeat(99)}` }),
    );
    expect(film.frames.map(({ delay }) => delay)).toEqual([3, 300]);
    expect(film.comment).toMatch(/^GENERATED · long .* long $/);
  });
});

describe('the timing of a beat', () => {
  it('shows all fifty frames in a beat of a second and longer', () => {
    for (const ms of [1000, 1316, 2000]) {
      const { frames, delays } = timing(50, ms);
      expect(frames).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(delays.reduce((a, b) => a + b)).toBe(Math.round(ms / 10));
    }
  });

  it('leaves frames out of a faster beat, for no browser shows one for less than 20 ms', () => {
    const { frames, delays } = timing(50, 600);
    expect(frames).toHaveLength(30);
    expect(new Set(frames).size).toBe(30);
    expect(Math.min(...delays)).toBe(2);
    expect(delays.reduce((a, b) => a + b)).toBe(60);
  });
});
