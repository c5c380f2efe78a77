/** What the model draws, beside what was recorded: an ECG to scale, strips of images, and a beat as a film. */

import type { Recordings } from '../backend/backend';
import type { Palette } from '../lib/colour';
import { framesOf, imageParts, rangeOf, traces, type Layer, type Picture } from '../state/pictures';
import type { Origin } from '../state/saving.svelte';
import { cineGif } from './cine-gif';
import { ecgFigure } from './ecg-figure';
import type { Figure } from './figure';
import { filmFigure, type FilmRow } from './film-figure';
import { pictureFiles, type SavedFile, type SaveRow } from './files';
import { methodsLine } from './methods';
import { tileOf } from './tile';

export interface Drawing {
  /** `decoded` or `translated`, in the names of files. */
  what: string;
  pictures: readonly Picture[];
  /** What was recorded, or drawn where the dots started; null where there is neither. */
  base: { layer: Layer['role']; word: string; recordings: Recordings } | null;
  /** What went in and stays as it was recorded, beside what is drawn. */
  given: Recordings;
  now: Recordings;
  nowWord: string;
  bounds: readonly Layer[];
  /** What the change is counted from; null where none is shown. */
  before: Recordings | null;
  rrMs: number;
  palette: Palette;
}

/** Frames of a cine that a strip has room for: every fifth of fifty. */
const TILES = 10;
const CONTENT = { generated: true, map: '' };

/** A row of the menu for each picture of which the model draws anything. */
export function drawnRows(drawing: Drawing): SaveRow[] {
  return drawing.pictures
    .filter((picture) => picture.modalities.some((m) => m.name in drawing.now))
    .map((picture) => ({
      what: `${drawing.what} ${picture.label}`,
      label: picture.kind === 'cine' ? `${picture.label}, one beat` : picture.label,
      files: [...pictureFiles((origin) => figureOf(drawing, picture, origin)), ...films(drawing, picture)],
    }));
}

function films({ now, rrMs, palette }: Drawing, picture: Picture): SavedFile[] {
  if (picture.kind !== 'cine') return [];
  const frames = Array.from({ length: framesOf(picture) }, (_, frame) =>
    imageParts(picture, [{ role: 'now', recordings: now }], frame),
  );
  const beat = { frames, range: rangeOf(picture, now), rrMs };
  return [{ extension: 'gif', make: (origin) => cineGif({ ...beat, methods: methodsLine(origin, CONTENT) }, palette) }];
}

function figureOf(drawing: Drawing, picture: Picture, origin: Origin): Figure {
  const { palette, base, now, nowWord, bounds } = drawing;
  const methods = methodsLine(origin, CONTENT);
  if (picture.kind !== 'ecg') {
    const detail = picture.kind === 'cine' ? `one beat in ${Math.round(drawing.rrMs)} ms` : '';
    return filmFigure({ title: picture.label, detail, rows: rowsOf(drawing, picture), palette, methods });
  }
  const before: Layer[] = base ? [{ role: 'recorded', recordings: base.recordings }] : [];
  return ecgFigure({
    title: picture.label,
    base: base?.word ?? '',
    now: nowWord,
    traces: traces(picture, [...before, ...bounds, { role: 'now', recordings: now }]),
    palette,
    methods,
  });
}

function rowsOf(drawing: Drawing, picture: Picture): FilmRow[] {
  const { base, given, now, nowWord, before } = drawing;
  const has = (recordings: Recordings) => picture.modalities.some((m) => m.name in recordings);
  const scale = base && has(base.recordings) ? base.recordings : now;
  const drawn: Layer[] = [
    { role: 'recorded', recordings: given },
    { role: 'now', recordings: now },
  ];
  const row = (title: string, layers: readonly Layer[], minus: Recordings | null = null): FilmRow => ({
    title: title.charAt(0).toUpperCase() + title.slice(1),
    tiles: framesShown(picture).map((frame) =>
      tileOf({ picture, layers, frame, scale: [scale, now], caption: moment(picture, frame, drawing.rrMs), minus }),
    ),
  });
  return [
    ...(base && has(base.recordings) ? [row(base.word, [{ role: base.layer, recordings: base.recordings }])] : []),
    row(nowWord, has(given) ? drawn : drawn.slice(1)),
    ...(before && picture.kind !== 'bars' ? [row('change', drawn.slice(1), before)] : []),
  ];
}

function framesShown(picture: Picture): number[] {
  const n = framesOf(picture);
  const every = Math.max(1, Math.round(n / TILES));
  return Array.from({ length: Math.ceil(n / every) }, (_, i) => i * every);
}

function moment(picture: Picture, frame: number, rrMs: number): string {
  return picture.kind === 'cine' ? `${Math.round((frame / framesOf(picture)) * rrMs)} ms` : '';
}
