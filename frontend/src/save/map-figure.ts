/** A map as a figure: dots as one picture, outline, subject, legend and figures as vectors. */

import type { Palette } from '../lib/colour';
import { ramp } from '../lib/colour';
import { offscreen } from '../plot/canvas';
import type { ScatterData } from '../plot/scatter';
import { drawDots, passesOf, radiusOf } from '../plot/scatter-dots';
import { extentOf, fitView, toPixel, type View } from '../plot/view';
import { figure as figureWords } from '../state/words';
import type { Figure } from './figure';
import { lineThrough, short, tag, widthOf, words } from './svg';

/** What the colours mean: levels, or a ramp between two values. */
export interface ColourKey {
  label: string;
  levels: readonly { name: string; colour: string }[];
  ramp: readonly [number, number] | null;
  missing: number;
}

export interface MapPicture {
  title: string;
  /** `47 / 412 selected`. */
  counts: string;
  /** Trustworthiness and continuity, and how many are not on this map. */
  notes: readonly string[];
  data: ScatterData;
  view: View;
  key: ColourKey | null;
  methods: string;
}

/** Pixels of the dots for one of the screen. */
const SHARP = 2;
const LINE = 15;
const TYPE = 11;
const RAMP = 120;
const STOPS = 16;

export function mapFigure({ title, counts, notes, data, view, key, methods }: MapPicture): Figure {
  const { width, height } = view;
  const { palette } = data;
  const legend = key ? keyed(key, palette, width) : { body: '', height: 0 };
  const type = { size: TYPE, fill: palette.ink3 };
  const said = notes.map((note, i) => words(0, height + legend.height + LINE * (i + 1), note, type));
  const dots = { width, height, href: dotsOf(data, view), preserveAspectRatio: 'none' };
  const body = [
    tag('image', dots),
    tag('g', {}, over(data, view)),
    tag('g', { transform: `translate(0 ${height})` }, legend.body || ' '),
    ...said,
  ];
  const drawn = height + legend.height + LINE * notes.length + 4;
  const common = { title, detail: counts, methods, palette, generated: data.ghost !== null };
  return { ...common, width, height: drawn, unit: 'px', body: body.join('') };
}

function dotsOf(data: ScatterData, view: View): string {
  const surface = offscreen();
  const { canvas, context } = surface;
  canvas.width = Math.round(view.width * SHARP);
  canvas.height = Math.round(view.height * SHARP);
  const whole = fitView(extentOf(data.points), view.width, view.height);
  const image = context.createImageData(canvas.width, canvas.height);
  const radius = radiusOf(data.shown.length, view, whole);
  drawDots(surface, image, data, passesOf(data), { view, radius, moving: false, ratio: SHARP });
  return canvas.toDataURL('image/png');
}

/** Outline, subject and the place of what is drawn, cut off at the edges of the map. */
function over({ polygon, focus, ghost, points, palette }: ScatterData, view: View): string {
  const subject = focus === null ? null : toPixel(view, points[2 * focus] ?? NaN, points[2 * focus + 1] ?? NaN);
  const drawn = ghost && toPixel(view, ...ghost);
  const parts = [
    polygon ? outline(polygon, view, palette) : '',
    subject && drawn ? tag('path', { d: lineThrough([...subject, ...drawn]), stroke: palette.accent }) : '',
    subject && !Number.isNaN(subject[0]) ? ring(...subject, palette) : '',
    drawn ? diamond(...drawn, palette) : '',
  ];
  return tag('svg', { width: view.width, height: view.height }, parts.join(''));
}

function outline(polygon: Float64Array, view: View, palette: Palette): string {
  const corners = Float64Array.from(polygon);
  for (let i = 0; i + 1 < corners.length; i += 2) corners.set(toPixel(view, polygon[i] ?? 0, polygon[i + 1] ?? 0), i);
  const look = { fill: palette.accent, 'fill-opacity': 0.09, 'fill-rule': 'evenodd', stroke: palette.accent };
  return tag('path', { d: `${lineThrough(corners)}Z`, ...look, 'stroke-width': 1.25, 'stroke-dasharray': '4 3' });
}

function ring(x: number, y: number, palette: Palette): string {
  const circle = { cx: short(x), cy: short(y), r: 7, fill: 'none' };
  const seam = tag('circle', { ...circle, stroke: palette.panel, 'stroke-width': 4.5 });
  return seam + tag('circle', { ...circle, stroke: palette.accent, 'stroke-width': 2 });
}

function diamond(x: number, y: number, palette: Palette): string {
  const d = `M${short(x)} ${short(y - 6)}l6 6l-6 6l-6 -6Z`;
  return tag('path', { d, fill: palette.accent, stroke: palette.panel, 'stroke-width': 1.5 });
}

interface Drawn {
  body: string;
  height: number;
}

function keyed(key: ColourKey, palette: Palette, width: number): Drawn {
  const ink = { size: TYPE, fill: palette.ink2 };
  const levels = [...key.levels, ...(key.missing ? [{ name: 'missing', colour: palette.mark }] : [])];
  const parts = [words(0, LINE, key.label, { ...ink, weight: 600 })];
  let x = widthOf(key.label, TYPE) * 1.06 + 12;
  let y = LINE;
  if (key.ramp) {
    const [low, high] = key.ramp.map(figureWords);
    parts.push(words(x, y, low ?? '', ink), gradient(x + 40, y - 8, palette), words(x + 46 + RAMP, y, high ?? '', ink));
    x += RAMP + 90;
  }
  for (const { name, colour } of levels) {
    const wide = 14 + widthOf(name, TYPE) + 10;
    if (x + wide > width) [x, y] = [0, y + LINE];
    parts.push(tag('rect', { x, y: y - 8, width: 8, height: 8, fill: colour }), words(x + 12, y, name, ink));
    x += wide;
  }
  return { body: parts.join(''), height: y + 3 };
}

function gradient(x: number, y: number, palette: Palette): string {
  const step = RAMP / STOPS;
  const stops = Array.from({ length: STOPS }, (_, i) => {
    const place = { x: short(x + i * step), y, width: step + 0.2, height: 8 };
    return tag('rect', { ...place, fill: ramp((i + 0.5) / STOPS, palette) });
  });
  return stops.join('');
}
