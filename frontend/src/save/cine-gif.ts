/** One whole beat as a GIF, the word GENERATED and where it comes from inside every frame. */

import type { Palette } from '../lib/colour';
import { gif, timing } from '../lib/gif';
import { offscreen, type Surface } from '../plot/canvas';
import { drawSmall, type ImagePart } from '../plot/image';
import { pictureOf } from '../plot/image-parts';
import { FONT, wrapped } from './svg';

export interface Beat {
  /** The parts of each frame of the beat. */
  frames: readonly (readonly ImagePart[])[];
  range: readonly [number, number];
  /** Of the whole beat. */
  rrMs: number;
  methods: string;
}

/** Width of the picture at least, in pixels: each value is a square of whole ones, its grey as it was drawn. */
const WIDE = 288;
const TYPE = 10;
const LEADING = 13;
const EDGE = 6;
const BURNT = 12;
/** Greys of a film on any screen. */
const GREY = { sunk: '#000000', neg: '#000000', pos: '#ffffff' };
const PAPER = '#ffffff';
const INK = '#333333';

export function cineGif({ frames, range, rrMs, methods }: Beat, palette: Palette): Blob {
  const { frames: shown, delays } = timing(frames.length, rrMs);
  const surface = offscreen({ willReadFrequently: true });
  const size = prepared(surface, frames[0] ?? [], methods);
  const small = offscreen();
  const films = shown.map((i) => {
    const parts = frames[i] ?? [];
    drawSmall(small, { parts, low: range[0], high: range[1], palette: { ...palette, ...GREY } }, pictureOf(parts));
    surface.context.drawImage(small.canvas, 0, 0, size.width, size.high);
    burn(surface, size.high);
    return greys(surface);
  });
  const { width, height } = surface.canvas;
  const comment = `${methods} · ${shown.length} of ${frames.length} frames in ${Math.round(rrMs)} ms`;
  return new Blob([gif({ width, height, frames: films, delays, comment })], { type: 'image/gif' });
}

/** The canvas with the methods line at its foot; the size of the picture above it. */
function prepared({ canvas, context }: Surface, parts: readonly ImagePart[], methods: string) {
  const picture = pictureOf(parts);
  const scale = Math.max(1, Math.round(WIDE / picture.cols));
  const [width, high] = [picture.cols * scale, picture.rows * scale];
  const lines = wrapped(methods, TYPE, width - 2 * EDGE);
  canvas.width = width;
  canvas.height = high + LEADING * lines.length + 2 * EDGE;
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = INK;
  context.font = `${TYPE}px ${FONT}`;
  lines.forEach((line, i) => context.fillText(line, EDGE, high + EDGE + LEADING * (i + 0.75), width - 2 * EDGE));
  context.imageSmoothingEnabled = false;
  return { width, high };
}

function burn({ context }: Surface, high: number): void {
  context.font = `600 ${BURNT}px ${FONT}`;
  context.lineWidth = 3;
  context.lineJoin = 'round';
  context.strokeStyle = '#000000';
  context.fillStyle = PAPER;
  context.strokeText('GENERATED', EDGE, high - EDGE);
  context.fillText('GENERATED', EDGE, high - EDGE);
}

/** Every channel of a grey is the same. */
function greys({ canvas, context }: Surface): Uint8Array {
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return Uint8Array.from({ length: pixels.length / 4 }, (_, i) => pixels[4 * i] ?? 0);
}
