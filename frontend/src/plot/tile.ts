/** A small picture of something generated, which says so in its own pixels: an image, or a line. */

import { pack, type Palette } from '../lib/colour';
import { density, describe, fit, frames, offscreen, surface } from './canvas';
import type { Handle } from './handle';
import { greys, paint, pictureOf, type ImagePart } from './image-parts';

export interface TileData {
  /** Parts of an image, or none: then `line` is drawn. */
  parts: readonly ImagePart[];
  line: Float32Array;
  /** Values that are black and white, or the bottom and top of the line. */
  low: number;
  high: number;
  invert: boolean;
  smooth: boolean;
  /** CSS pixels. */
  height: number;
  palette: Palette;
  label: string;
}

type Context = CanvasRenderingContext2D;
const WORD = 'GENERATED';
const BAR_PX = 11;
const DASH = [3, 2];
/** Of the height, above and below a line. */
const MARGIN = 0.12;

export function tile(host: HTMLElement, data: TileData): Handle<TileData> {
  const shown = surface(host, data.label);
  let current = data;
  const frame = frames(() => {
    const width = host.clientWidth;
    fit(shown, width, current.height);
    describe(shown.canvas, current.label);
    const { context } = shown;
    context.fillStyle = current.palette.sunk;
    context.fillRect(0, 0, width, current.height);
    if (current.parts.length) drawImage(context, current, width);
    else drawLine(context, current, width);
    burn(context, width, current.palette);
    context.strokeStyle = current.palette.now;
    context.setLineDash(DASH);
    context.strokeRect(0.5, 0.5, width - 1, current.height - 1);
    context.setLineDash([]);
  });
  frame.ask();
  return {
    set(changed) {
      current = { ...current, ...changed };
      frame.ask();
    },
    resize: frame.ask,
    destroy() {
      frame.cancel();
      shown.canvas.remove();
    },
  };
}

function drawImage(context: Context, data: TileData, width: number): void {
  const picture = pictureOf(data.parts);
  const small = offscreen();
  small.canvas.width = picture.cols;
  small.canvas.height = picture.rows;
  const pixels = small.context.createImageData(picture.cols, picture.rows);
  const ground = pack(data.palette.sunk);
  const buffer = new Uint32Array(pixels.data.buffer);
  buffer.fill(ground);
  const shades = greys(ground, data.invert ? 'inverted' : 'plain');
  for (const part of data.parts) paint(buffer, picture, part, shades, [data.low, data.high]);
  small.context.putImageData(pixels, 0, 0);
  const scale = Math.min(width / picture.cols, data.height / picture.rows);
  const [w, h] = [picture.cols * scale, picture.rows * scale];
  context.imageSmoothingEnabled = data.smooth || scale * density() < 1;
  context.drawImage(small.canvas, (width - w) / 2, (data.height - h) / 2, w, h);
}

function drawLine(context: Context, { line, low, high, height, palette }: TileData, width: number): void {
  const room = height - BAR_PX;
  const y = (value: number) => BAR_PX + room * (1 - MARGIN - ((value - low) / (high - low || 1)) * (1 - 2 * MARGIN));
  context.beginPath();
  line.forEach((value, i) => context.lineTo(2 + (i / Math.max(1, line.length - 1)) * (width - 4), y(value)));
  context.strokeStyle = palette.now;
  context.lineWidth = 1;
  context.stroke();
}

/** As large as the tile has room. */
function burn(context: Context, width: number, { panel, ink }: Palette): void {
  context.fillStyle = panel;
  context.fillRect(1, 1, width - 2, BAR_PX - 1);
  context.font = '600 9px system-ui, sans-serif';
  const size = Math.min(9, (9 * (width - 6)) / context.measureText(WORD).width);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillStyle = ink;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(WORD, width / 2, BAR_PX / 2 + 1);
}
