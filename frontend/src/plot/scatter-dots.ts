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
  /** What the passes were made of: every change makes new masks. */
  of: Omit<Dots, 'points'>;
}

/** Rings about selected dots help while they are few. */
const RINGED = 4000;
/** Opacity of a shown dot beside a selection, and without one. */
const FAINT = 0.48;
const PLAIN = 0.8;

/** The passes that were made last: maps side by side have the same. */
let made: Passes | null = null;

export function passesOf(dots: Dots): Passes {
  if (made && isCurrent(made, dots)) return made;
  const { colours, shown, selected, palette } = dots;
  const of = { colours, shown, selected, palette };
  const parts = partsOf(shown, selected);
  const chosen = selected && inColour(parts.selected, colours);
  made = {
    mute: inked(parts.mute, pack(palette.mute)),
    shown: inColour(parts.shown, colours),
    selected: chosen,
    ring: chosen && chosen.rows.length <= RINGED ? inked(chosen.rows, pack(palette.ink)) : null,
    ground: pack(palette.sunk),
    of,
  };
  return made;
}

type Part = 'mute' | 'shown' | 'selected';

/** The rows of each part, in their order. */
function partsOf(shown: Uint8Array, selected: Uint8Array | null): Record<Part, Uint32Array> {
  const n = shown.length;
  const parts = [new Uint32Array(n), new Uint32Array(n), new Uint32Array(n)] as const;
  const sizes: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const part = shown[i] ? (selected?.[i] ? 2 : 1) : 0;
    parts[part][sizes[part]++] = i;
  }
  const [mute, plain, chosen] = parts;
  return {
    mute: mute.slice(0, sizes[0]),
    shown: plain.slice(0, sizes[1]),
    selected: chosen.slice(0, sizes[2]),
  };
}

function inColour(rows: Uint32Array, colours: Uint32Array): Layer {
  const inks = new Uint32Array(rows.length);
  for (let k = 0; k < inks.length; k++) inks[k] = colours[rows[k] ?? 0] ?? 0;
  return { rows, inks };
}

function inked(rows: Uint32Array, ink: number): Layer {
  return { rows, inks: new Uint32Array(rows.length).fill(ink) };
}

/** Whether the passes still show these dots. */
export function isCurrent({ of }: Passes, dots: Dots): boolean {
  const same = (name: keyof typeof of) => of[name] === dots[name];
  return same('colours') && same('shown') && same('selected') && same('palette');
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
