/** The dots of a map: filtered out, shown, selected, from behind to front. */

import { pack, type Palette } from '../lib/colour';
import { density, type Surface } from './canvas';
import { disc, hard, stampAll, type Layer, type Placement, type Raster, type Stencil } from './stamp';
import type { View } from './view';

export interface Dots {
  points: Float32Array;
  colours: Uint32Array;
  shown: Uint8Array;
  selected: Uint8Array | null;
  palette: Palette;
}

/** What is drawn from behind to front; made anew only when masks, colours or theme change. */
export interface Passes {
  mute: Layer;
  shown: Layer;
  /** Null without a selection. */
  selected: Layer | null;
  ring: Layer | null;
  ground: number;
  /** What the passes were made of; the masks are copies, for their owner changes them in place. */
  of: Dots;
}

/** Rings about selected dots help while they are few. */
const RINGED = 4000;
/** Opacity of a shown dot beside a selection, and without one. */
const FAINT = 0.48;
const PLAIN = 0.8;

export function passesOf(dots: Dots): Passes {
  const { points, colours, shown, selected, palette } = dots;
  const of = { points, colours, palette, shown: shown.slice(), selected: selected?.slice() ?? null };
  const chosen = selected ? layer(colours, (i) => shown[i] === 1 && selected[i] === 1) : null;
  const ringed = chosen && chosen.rows.length <= RINGED;
  return {
    mute: inked(
      layer(colours, (i) => shown[i] === 0),
      pack(palette.mute),
    ),
    shown: layer(colours, (i) => shown[i] === 1 && selected?.[i] !== 1),
    selected: chosen,
    ring: ringed ? inked(chosen, pack(palette.ink)) : null,
    ground: pack(palette.sunk),
    of,
  };
}

function layer(colours: Uint32Array, belongs: (row: number) => boolean): Layer {
  const rows = new Uint32Array(colours.length);
  let n = 0;
  for (let i = 0; i < colours.length; i++) if (belongs(i)) rows[n++] = i;
  const kept = rows.slice(0, n);
  return { rows: kept, inks: kept.map((row) => colours[row] ?? 0) };
}

function inked({ rows }: Layer, ink: number): Layer {
  return { rows, inks: new Uint32Array(rows.length).fill(ink) };
}

/** Whether the passes still show these dots. */
export function isCurrent({ of }: Passes, dots: Dots): boolean {
  if (of.points !== dots.points || of.colours !== dots.colours || of.palette !== dots.palette) return false;
  return sameMask(of.shown, dots.shown) && sameMask(of.selected, dots.selected);
}

function sameMask(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (!a || !b || a.length !== b.length) return a === b;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** CSS pixels: large where there are few points, one or two pixels of the screen for a million. */
export function radiusOf(n: number, view: View, fit: View): number {
  const crowd = Math.sqrt((view.width * view.height) / Math.max(1, n));
  const base = Math.min(2.3, Math.max(0.7, 0.32 * crowd));
  return Math.min(4, base * Math.max(1, (view.scale / fit.scale) ** 0.3));
}

/** Draws all; `moving` trades soft edges for speed. */
export function drawDots({ canvas, context }: Surface, image: ImageData, dots: Dots, passes: Passes, look: Look): void {
  const raster: Raster = { pixels: new Uint32Array(image.data.buffer), width: canvas.width, height: canvas.height };
  const { view, radius, ratio = density() } = look;
  const place: Placement = {
    points: dots.points,
    scale: view.scale * ratio,
    left: (view.width / 2 - view.x * view.scale) * ratio,
    top: (view.height / 2 + view.y * view.scale) * ratio,
  };
  const dot = (r: number, opacity: number) => stencil(r * ratio, opacity, look.moving);
  raster.pixels.fill(passes.ground);
  stampAll(raster, dot(radius, 1), place, passes.mute);
  stampAll(raster, dot(radius, passes.selected ? FAINT : PLAIN), place, passes.shown);
  if (passes.ring) stampAll(raster, dot(radius + 1.9, 1), place, passes.ring);
  if (passes.selected) stampAll(raster, dot(radius + (passes.ring ? 0.7 : 0.2), 1), place, passes.selected);
  context.putImageData(image, 0, 0);
}

export interface Look {
  view: View;
  radius: number;
  moving: boolean;
  /** Pixels of the canvas for one of CSS; the screen's when nothing is said. */
  ratio?: number;
}

function stencil(radius: number, opacity: number, moving: boolean): Stencil {
  const soft = disc(radius, opacity);
  return moving ? hard(soft, radius) : soft;
}
