/** A filmstrip as a figure: rows of small pictures or lines, the words inside each of them. */

import type { Palette } from '../lib/colour';
import { offscreen } from '../plot/canvas';
import { drawSmall, type ImagePart } from '../plot/image';
import { pictureOf } from '../plot/image-parts';
import type { TileLine } from '../plot/line-tile';
import type { Figure } from './figure';
import { lineThrough, short, tag, words } from './svg';

export interface Tile {
  /** An image, or lines one below the other. */
  parts?: readonly ImagePart[];
  lines?: readonly TileLine[];
  /** Grey levels that are black and white. */
  range: readonly [number, number];
  invert: boolean;
  smooth: boolean;
  generated: boolean;
  /** Below the tile. */
  caption: string;
}

export interface FilmRow {
  title: string;
  tiles: readonly Tile[];
}

export interface Film {
  title: string;
  detail: string;
  rows: readonly FilmRow[];
  palette: Palette;
  methods: string;
}

/** Longest side of a tile. */
const SIDE = 144;
const LINES_HIGH = 72;
const GAP = 6;
const TYPE = 11;
const LABEL = 18;
const CAPTION = 18;
const INSET = 3;

export function filmFigure({ title, detail, rows, palette, methods }: Film): Figure {
  let y = 0;
  let width = 0;
  const parts: string[] = [];
  for (const { title: label, tiles } of rows) {
    parts.push(words(0, y + 12, label, { size: TYPE, fill: palette.ink2, weight: 600 }));
    y += LABEL;
    const high = Math.max(...tiles.map((tile) => sizeOf(tile)[1]));
    let x = 0;
    for (const tile of tiles) {
      const [wide] = sizeOf(tile);
      parts.push(tag('g', { transform: `translate(${short(x)} ${short(y)})` }, drawn(tile, palette)));
      const middle = { size: TYPE, fill: palette.ink3, anchor: 'middle' } as const;
      if (tile.caption) parts.push(words(x + wide / 2, y + high + 12, tile.caption, middle));
      x += wide + GAP;
    }
    width = Math.max(width, x - GAP);
    y += high + CAPTION;
  }
  const generated = rows.some((row) => row.tiles.some((tile) => tile.generated));
  return { title, detail, generated, methods, palette, width, height: y, unit: 'px', body: parts.join('') };
}

function sizeOf({ parts }: Tile): readonly [number, number] {
  if (!parts) return [SIDE, LINES_HIGH];
  const { rows, cols } = pictureOf(parts);
  const scale = SIDE / Math.max(rows, cols);
  return [cols * scale, rows * scale];
}

function drawn(tile: Tile, palette: Palette): string {
  const [width, height] = sizeOf(tile);
  const look = { fill: 'none', stroke: palette.now, 'stroke-dasharray': '4 3' };
  const frame = tag('rect', { x: 0.5, y: 0.5, width: short(width - 1), height: short(height - 1), ...look });
  const burnt = { size: 9, fill: '#ffffff', weight: 600, seam: '#333333' } as const;
  const mark = words(4, height - 4, tile.generated ? 'GENERATED' : 'RECORDED', burnt);
  return (
    (tile.parts ? image(tile, palette, width, height) : lines(tile, palette)) + (tile.generated ? frame : '') + mark
  );
}

function image({ parts = [], range, invert, smooth }: Tile, palette: Palette, width: number, height: number): string {
  const small = offscreen();
  drawSmall(small, { parts, low: range[0], high: range[1], palette, invert }, pictureOf(parts));
  const href = small.canvas.toDataURL('image/png');
  const edges = smooth ? {} : { 'image-rendering': 'pixelated' };
  return tag('image', { width: short(width), height: short(height), href, preserveAspectRatio: 'none', ...edges });
}

function lines({ lines: all = [], generated }: Tile, palette: Palette): string {
  const band = LINES_HIGH / Math.max(all.length, 1);
  const pen = { fill: 'none', stroke: generated ? palette.now : palette.ink2, 'stroke-width': 1.25 };
  const drawnLines = all.map(({ name, values, range: [low, high] }, i) => {
    const scale = (band - 2 * INSET) / (high - low || 1);
    const dx = (SIDE - 2 * INSET) / Math.max(values.length - 1, 1);
    const points = new Float64Array(2 * values.length);
    values.forEach((value, k) => points.set([INSET + k * dx, i * band + INSET + (high - value) * scale], 2 * k));
    const type = { size: 9, fill: palette.ink3, seam: palette.sunk };
    return tag('path', { d: lineThrough(points), ...pen }) + words(INSET + 1, i * band + 10, name, type);
  });
  return tag('rect', { width: SIDE, height: LINES_HIGH, fill: palette.sunk }) + drawnLines.join('');
}
