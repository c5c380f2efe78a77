/** A figure as one SVG: title, marks, what is drawn, and at the foot where it comes from. */

import type { Palette } from '../lib/colour';
import { FONT, escaped, tag, widthOf, words, wrapped } from './svg';

export interface Figure {
  title: string;
  /** Beside the title, in grey. */
  detail: string;
  generated: boolean;
  methods: string;
  /** Of what is drawn, in `unit`. */
  width: number;
  height: number;
  unit: 'px' | 'mm';
  body: string;
  palette: Palette;
}

export interface Sheet {
  svg: string;
  /** Of the whole, in `unit`. */
  width: number;
  height: number;
  unit: 'px' | 'mm';
  methods: string;
}

/** Millimetres of a CSS pixel, in which sizes are given here. */
const MM = 25.4 / 96;
const EDGE = 16;
const TITLE = 13;
const HEAD = 28;
const FOOT = 9;
const LEADING = 12;
const MARK = 9;

export function sheetOf(figure: Figure): Sheet {
  const { width, height, unit, methods, palette } = figure;
  const px = unit === 'mm' ? MM : 1;
  const lines = wrapped(methods, FOOT * px, width);
  const whole = [width + 2 * EDGE * px, height + (HEAD + EDGE + LEADING * (lines.length + 1)) * px] as const;
  const foot = lines.map((line, i) =>
    words(0, height + LEADING * px * (i + 1.5), line, { size: FOOT * px, fill: palette.ink3 }),
  );
  const inside = [
    `<title>${escaped(figure.title)}</title><desc>${escaped(methods)}</desc><metadata>${escaped(methods)}</metadata>`,
    tag('rect', { width: whole[0], height: whole[1], fill: palette.panel }),
    tag('g', { transform: `translate(${EDGE * px} ${HEAD * px})` }, heading(figure, px) + figure.body + foot.join('')),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: `${whole[0]}${unit}`,
    height: `${whole[1]}${unit}`,
    viewBox: `0 0 ${whole[0]} ${whole[1]}`,
    'font-family': FONT,
  };
  return { svg: tag('svg', attributes, inside.join('')), width: whole[0], height: whole[1], unit, methods };
}

/** Title, detail and at the right the mark, over what is drawn. */
function heading({ title, detail, generated, palette, width }: Figure, px: number): string {
  const base = -9 * px;
  const size = TITLE * px;
  const left = widthOf(title, size) * 1.06 + 8 * px;
  const named = words(0, base, title, { size, fill: palette.ink, weight: 600 });
  const said = words(left, base, detail, { size: 11 * px, fill: palette.ink3 });
  return named + (detail ? said : '') + (generated ? generatedMark(width, base, palette, px) : '');
}

/** GENERATED in a dashed frame that ends at `right`. */
export function generatedMark(right: number, base: number, palette: Palette, px: number): string {
  const [wide, high] = [68 * px, 13 * px];
  const frame = tag('rect', {
    x: right - wide,
    y: base - 10 * px,
    width: wide,
    height: high,
    rx: 2 * px,
    fill: 'none',
    stroke: palette.ink3,
    'stroke-width': px,
    'stroke-dasharray': `${3 * px} ${2 * px}`,
  });
  const type = { size: MARK * px, fill: palette.ink2, weight: 600, anchor: 'middle' } as const;
  return frame + words(right - wide / 2, base, 'GENERATED', type);
}
