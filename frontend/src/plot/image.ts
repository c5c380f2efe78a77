/** Pictures of rows and columns, crisp, several parts in one; drawn parts have a dashed edge. */

import { pack, type Palette } from '../lib/colour';
import { burn } from './burn';
import { density, fitPixels, offscreen, pictured, type Surface } from './canvas';
import { drawEnds, type Ends } from './edge-letters';
import type { Handle } from './handle';
import {
  diverging,
  greys,
  paint,
  pictureOf,
  sequential,
  type ImagePart,
  type Picture,
  type Shades,
} from './image-parts';

export type { ImagePart } from './image-parts';

export interface ImagePlotData {
  parts: readonly ImagePart[];
  /** Values that are drawn black and white; a change of half their distance has full colour. */
  low: number;
  high: number;
  palette: Palette;
  /** Dark on light. */
  invert?: boolean;
  label?: string;
  /** The picture is never higher than this, in CSS pixels. */
  height?: number;
  /** Pixels of any size, smoothed: for pictures that were blurred when they were taken. */
  smooth?: boolean;
  /** Written into the picture, so that a copy of it carries the words too. */
  burn?: string;
  /** The patient's sides, at the edges. */
  ends?: Ends | null;
}

const HIGHEST_PX = 320;
/** Times that a picture may be enlarged before smoothing pretends to details. */
const SMOOTHEST = 2.5;
const EDGE_DASH: readonly number[] = [4, 3];

/** Draws into `host` as wide as it is, each value a square of whole pixels. */
export function image(host: HTMLElement, data: ImagePlotData): Handle<ImagePlotData> {
  const small = offscreen();
  return pictured(host, data, (shown, current, width) => {
    const picture = pictureOf(current.parts);
    drawSmall(small, current, picture);
    const room = [width, current.height ?? HIGHEST_PX] as const;
    const scale = current.smooth ? Math.min(roomOf(picture, ...room), SMOOTHEST) : pixelsOf(picture, ...room);
    drawLarge(shown, small, current, picture, scale);
  });
}

/** Pixels of the screen for one value: whole, unless the picture has more values than the host has pixels. */
export function pixelsOf({ rows, cols }: Pick<Picture, 'rows' | 'cols'>, width: number, height: number): number {
  const room = roomOf({ rows, cols }, width, height);
  return room >= 1 ? Math.floor(room) : Math.max(room, 1 / Math.max(rows, cols));
}

function roomOf({ rows, cols }: Pick<Picture, 'rows' | 'cols'>, width: number, height: number): number {
  return Math.min((width * density()) / cols, (height * density()) / rows);
}

/** One pixel for each value. */
export function drawSmall({ canvas, context }: Surface, data: ImagePlotData, picture: Picture): void {
  const { palette, low, high } = data;
  canvas.width = picture.cols;
  canvas.height = picture.rows;
  const pixels = context.createImageData(picture.cols, picture.rows);
  const buffer = new Uint32Array(pixels.data.buffer);
  const ground = pack(palette.sunk);
  const grey = greys(ground, data.invert ? 'inverted' : 'plain');
  const change = diverging(pack(palette.neg), ground, pack(palette.pos));
  const half = (high - low) / 2;
  buffer.fill(ground);
  for (const part of data.parts) {
    const drawn: [Shades, [number, number]] = part.role === 'change' ? [change, [-half, half]] : [grey, [low, high]];
    paint(buffer, picture, part, ...(part.role === 'unsure' ? unsure(data, ground) : drawn));
  }
  context.putImageData(pixels, 0, 0);
}

function unsure({ palette, low, high }: ImagePlotData, ground: number): [Shades, [number, number]] {
  return [sequential(ground, palette), [low, high]];
}

function drawLarge(shown: Surface, small: Surface, data: ImagePlotData, picture: Picture, scale: number): void {
  const { canvas, context } = shown;
  fitPixels(canvas, Math.max(1, Math.round(picture.cols * scale)), Math.max(1, Math.round(picture.rows * scale)));
  context.imageSmoothingEnabled = scale < 1 || data.smooth === true;
  context.drawImage(small.canvas, 0, 0, canvas.width, canvas.height);
  for (const part of framed(data.parts, picture)) edge(context, part, picture, scale, data.palette.now);
  if (data.ends) drawEnds(shown, data.ends);
  if (data.burn) burn(shown, data.burn);
}

type Frame = Pick<ImagePart, 'rows' | 'cols' | 'originRow' | 'originCol'>;

/** One frame about a picture that is drawn throughout, else one about each drawn part. */
function framed(parts: readonly ImagePart[], { rows, cols, top, left }: Picture): Frame[] {
  const drawn = parts.filter((part) => part.role !== 'recorded' && part.role !== 'truth');
  if (drawn.length && drawn.length === parts.length) return [{ rows, cols, originRow: top, originCol: left }];
  return drawn;
}

function edge(context: CanvasRenderingContext2D, part: Frame, picture: Picture, scale: number, colour: string): void {
  const line = Math.max(1, Math.round(density()));
  const left = (part.originCol - picture.left) * scale + line / 2;
  const top = (part.originRow - picture.top) * scale + line / 2;
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.setLineDash(EDGE_DASH.map((length) => length * line));
  context.strokeRect(left, top, part.cols * scale - line, part.rows * scale - line);
  context.setLineDash([]);
}
