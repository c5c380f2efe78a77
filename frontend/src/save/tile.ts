/** One recording as a tile of a filmstrip, as the page shows it. */

import type { Recordings } from '../backend/backend';
import { rangeOfLines, tileLines } from '../state/films';
import { change, imageParts, rangeOf, type Layer, type Picture } from '../state/pictures';
import type { Tile } from './film-figure';

export interface Take {
  picture: Picture;
  layers: readonly Layer[];
  /** Of a cine. */
  frame: number;
  /** What greys, or heights of lines, are taken from. */
  scale: readonly Recordings[];
  caption: string;
  /** Subtracted from the first layer. */
  minus?: Recordings | null;
}

export function tileOf({ picture, layers, frame, scale, caption, minus }: Take): Tile {
  const generated = layers.some(({ role }) => role !== 'recorded');
  const [first] = layers;
  const common = { generated, caption, smooth: picture.kind === 'cine', invert: isInk(picture) };
  if (picture.kind === 'cine' || picture.kind === 'image') {
    const parts = minus && first ? change(picture, first.recordings, minus, frame) : imageParts(picture, layers, frame);
    return { ...common, parts, range: rangeOf(picture, scale[0] ?? first?.recordings ?? {}) };
  }
  const drawn = first ? tileLines(picture, first.recordings) : [];
  const ends = scale.map((one) => tileLines(picture, one));
  const lines = drawn.map((line, i) => ({ ...line, range: rangeOfLines(ends.flatMap((end) => end[i] ?? [])) }));
  return { ...common, lines, range: [0, 1] };
}

/** Ink is dark on paper. */
function isInk(picture: Picture): boolean {
  return picture.modalities[0]?.unit === 'ink';
}
