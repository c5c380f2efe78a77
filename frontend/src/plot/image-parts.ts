/** Parts of a picture put together: where each lies and which colour each value has. */

import { pack, ramp, type Palette } from '../lib/colour';
import type { Role } from './handle';
import { mix } from './stamp';

export interface ImagePart {
  /** Rows x columns. */
  values: Float32Array | Uint8Array;
  rows: number;
  cols: number;
  /** Row and column of the whole picture at which this part begins. */
  originRow: number;
  originCol: number;
  /** `change` is a difference about zero, `unsure` the half width of a band. */
  role: Role | 'change' | 'unsure';
}

/** One picture in whole rows and columns, its first row and column being 0. */
export interface Picture {
  rows: number;
  cols: number;
  top: number;
  left: number;
}

/** RGBA little-endian of 256 steps from low to high, and of a value that is missing. */
export interface Shades {
  table: Uint32Array;
  missing: number;
}

const STEPS = 256;
const BLACK = 0xff000000;
const WHITE = 0xffffffff;

export function pictureOf(parts: readonly ImagePart[]): Picture {
  if (!parts.length) return { rows: 1, cols: 1, top: 0, left: 0 };
  const top = Math.min(...parts.map((part) => part.originRow));
  const left = Math.min(...parts.map((part) => part.originCol));
  const rows = Math.max(...parts.map((part) => part.originRow + part.rows)) - top;
  const cols = Math.max(...parts.map((part) => part.originCol + part.cols)) - left;
  return { rows, cols, top, left };
}

/** Black to white, or white to black. */
export function greys(missing: number, inverted: 'inverted' | 'plain'): Shades {
  const [from, to] = inverted === 'inverted' ? [WHITE, BLACK] : [BLACK, WHITE];
  return { table: steps((share) => mix(from, to, Math.round(share * STEPS))), missing };
}

/** The colours of the maps. */
export function sequential(missing: number, palette: Pick<Palette, 'dark'>): Shades {
  return { table: steps((share) => pack(ramp(share, palette))), missing };
}

/** From `less` over the ground to `more`. */
export function diverging(less: number, ground: number, more: number): Shades {
  const side = (share: number) => Math.round(Math.abs(2 * share - 1) * STEPS);
  return { table: steps((share) => mix(ground, share < 0.5 ? less : more, side(share))), missing: ground };
}

function steps(colour: (share: number) => number): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => colour(i / (STEPS - 1)));
}

/** Colours one part into the pixels of the whole picture; values beyond low and high take the end colours. */
export function paint(
  pixels: Uint32Array,
  picture: Picture,
  part: ImagePart,
  { table, missing }: Shades,
  [low, high]: readonly [number, number],
): void {
  const scale = (STEPS - 1) / (high - low || 1);
  for (let row = 0; row < part.rows; row++) {
    const at = (part.originRow - picture.top + row) * picture.cols + part.originCol - picture.left;
    for (let col = 0; col < part.cols; col++) {
      const value = part.values[row * part.cols + col] ?? NaN;
      const step = Math.min(Math.max(Math.round((value - low) * scale), 0), STEPS - 1);
      pixels[at + col] = Number.isNaN(value) ? missing : (table[step] ?? missing);
    }
  }
}
