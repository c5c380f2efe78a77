/** Points as dots in a buffer of pixels (RGBA, packed little-endian): fast where a canvas path is slow. */

export interface Raster {
  pixels: Uint32Array;
  width: number;
  height: number;
}

/** Pixels of a dot about a centre pixel; coverage 0..256. */
export interface Stencil {
  dx: Int16Array;
  dy: Int16Array;
  /** Largest |dx| or |dy|. */
  reach: number;
  coverage: Uint16Array;
}

/** Coverage is sampled on so many sub-pixels each way. */
const SUB = 8;
const FULL = 256;

/** A disc with soft edge; `opacity` 0..1. */
export function disc(radius: number, opacity: number): Stencil {
  const reach = Math.max(0, Math.ceil(radius - 0.5));
  const dx: number[] = [];
  const dy: number[] = [];
  const coverage: number[] = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const part = Math.round(covered(x, y, radius) * opacity * FULL);
      if (part === 0) continue;
      dx.push(x);
      dy.push(y);
      coverage.push(part);
    }
  }
  return { dx: Int16Array.from(dx), dy: Int16Array.from(dy), reach, coverage: Uint16Array.from(coverage) };
}

/** The same dot without soft pixels: what it covers by half it covers wholly. */
export function hard(stencil: Stencil, radius: number): Stencil {
  const keep = [...stencil.dx.keys()].filter((i) => covered(stencil.dx[i] ?? 0, stencil.dy[i] ?? 0, radius) >= 0.5);
  const middle = keep.length ? keep : [...stencil.dx.keys()].slice(0, 1);
  return {
    dx: Int16Array.from(middle, (i) => stencil.dx[i] ?? 0),
    dy: Int16Array.from(middle, (i) => stencil.dy[i] ?? 0),
    reach: stencil.reach,
    coverage: new Uint16Array(middle.length).fill(FULL),
  };
}

function covered(x: number, y: number, radius: number): number {
  let inside = 0;
  for (let j = 0; j < SUB; j++) {
    for (let i = 0; i < SUB; i++) {
      const u = x - 0.5 + (i + 0.5) / SUB;
      const v = y - 0.5 + (j + 0.5) / SUB;
      if (u * u + v * v <= radius * radius) inside++;
    }
  }
  return inside / (SUB * SUB);
}

/** Draws one dot; pixels outside of the raster are left out. */
export function stampOne(raster: Raster, stencil: Stencil, x: number, y: number, colour: number): void {
  const { pixels, width, height } = raster;
  const { dx, dy, coverage } = stencil;
  for (let k = 0; k < dx.length; k++) {
    const px = x + (dx[k] ?? 0);
    const py = y + (dy[k] ?? 0);
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const at = py * width + px;
    pixels[at] = mix(pixels[at] ?? 0, colour, coverage[k] ?? 0);
  }
}

/** `colour` over `under` with weight 0..256, two channels at a time; the result is opaque. */
export function mix(under: number, colour: number, weight: number): number {
  if (weight >= FULL) return colour;
  const rest = FULL - weight;
  const redBlue = (((under & 0xff00ff) * rest + (colour & 0xff00ff) * weight) >>> 8) & 0xff00ff;
  const green = (((under & 0xff00) * rest + (colour & 0xff00) * weight) >>> 8) & 0xff00;
  return (0xff000000 | redBlue | green) >>> 0;
}

/** Where each row lies: pixels of the screen from data (x * scale + left, -y * scale + top). */
export interface Placement {
  points: Float32Array;
  scale: number;
  left: number;
  top: number;
}

/** Rows that are drawn together, with the colour of each. */
export interface Layer {
  rows: Uint32Array;
  inks: Uint32Array;
}

/** Draws the rows of a layer in their order; rows outside of the raster or without a place are left out. */
export function stampAll(raster: Raster, stencil: Stencil, place: Placement, layer: Layer): void {
  const pixel = stencil.reach <= 1 && stencil.coverage.length === 1 && stencil.coverage[0] === FULL && !stencil.dx[0];
  if (pixel && !stencil.dy[0]) pixelAll(raster, place, layer);
  else discAll(raster, stencil, place, layer);
}

function discAll(
  raster: Raster,
  stencil: Stencil,
  { points, scale, left, top }: Placement,
  { rows, inks }: Layer,
): void {
  const { pixels, width, height } = raster;
  const { reach, coverage } = stencil;
  const offsets = offsetsOf(stencil, width);
  const solid = coverage.every((part) => part >= FULL);
  const [right, bottom] = [width - reach, height - reach];
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] ?? 0;
    const x = (points[2 * row] ?? NaN) * scale + left;
    const y = top - (points[2 * row + 1] ?? NaN) * scale;
    const colour = inks[k] ?? 0;
    if (isWithin(x, y, reach, right, bottom)) {
      const at = (y | 0) * width + (x | 0);
      if (solid) fill(pixels, offsets, at, colour);
      else blend(pixels, offsets, coverage, at, colour);
    } else if (isWithin(x, y, -reach, width + reach, height + reach)) {
      stampOne(raster, stencil, Math.floor(x), Math.floor(y), colour);
    }
  }
}

/** The same for dots of one pixel: what a million of them are while they move. */
function pixelAll(
  { pixels, width, height }: Raster,
  { points, scale, left, top }: Placement,
  { rows, inks }: Layer,
): void {
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] ?? 0;
    const x = (points[2 * row] ?? NaN) * scale + left;
    const y = top - (points[2 * row + 1] ?? NaN) * scale;
    if (x >= 0 && y >= 0 && x < width && y < height) pixels[(y | 0) * width + (x | 0)] = inks[k] ?? 0;
  }
}

function isWithin(x: number, y: number, low: number, right: number, bottom: number): boolean {
  return x >= low && y >= low && x < right && y < bottom;
}

function offsetsOf({ dx, dy }: Stencil, width: number): Int32Array {
  return Int32Array.from(dx, (x, k) => (dy[k] ?? 0) * width + x);
}

function fill(pixels: Uint32Array, offsets: Int32Array, at: number, colour: number): void {
  for (let k = 0; k < offsets.length; k++) pixels[at + (offsets[k] ?? 0)] = colour;
}

function blend(pixels: Uint32Array, offsets: Int32Array, coverage: Uint16Array, at: number, colour: number): void {
  for (let k = 0; k < offsets.length; k++) {
    const place = at + (offsets[k] ?? 0);
    pixels[place] = mix(pixels[place] ?? 0, colour, coverage[k] ?? 0);
  }
}
