/** The chart of one phenotype as a figure with its axis and its numbers. */

import type { Phenotype } from '../backend/backend';
import type { Palette } from '../lib/colour';
import type { Counts, Tally } from '../lib/crossfilter';
import { shares } from '../plot/histogram-draw';
import { niceTicks } from '../plot/nice';
import { count, figure as figureWords, MISSING } from '../state/words';
import type { Figure } from './figure';
import { lineThrough, short, tag, words } from './svg';

export interface Chart {
  phenotype: Phenotype;
  counts: Counts;
  medians: { shown: number; selected: number | null };
  /** Counts of groups in the same bins. */
  lines: readonly { colour: string; letter: string; counts: Uint32Array }[];
  palette: Palette;
  methods: string;
}

const WIDTH = 360;
const HIGH = 140;
const LABELS = 132;
const NUMBERS = 84;
const ROW = 20;
const TYPE = 11;
const TICKS = 4;

export function chartFigure(chart: Chart): Figure {
  const { phenotype, counts, palette, methods } = chart;
  const { label, unit, levels } = phenotype;
  const drawn = levels.length ? bars(chart) : histogram(chart);
  const detail = [unit, total(counts)].filter(Boolean).join(' · ');
  return { title: label, detail, generated: false, methods, palette, width: WIDTH, unit: 'px', ...drawn };
}

function total({ shown, selected, missingShown, missingSelected }: Counts): string {
  const all = sum(shown) + missingShown;
  return selected ? `${count(sum(selected) + missingSelected)} of ${count(all)} selected` : `${count(all)} shown`;
}

function sum(values: Tally): number {
  return Array.from(values).reduce((a, b) => a + b, 0);
}

type Drawn = Pick<Figure, 'body' | 'height'>;

/** Grey: shown; blue: selected; each as shares of its own total. */
function histogram({ counts, medians, lines, palette }: Chart): Drawn {
  const shown = shares(counts.shown);
  const chosen = counts.selected ? shares(counts.selected) : [];
  const groups = lines.map((line) => ({ ...line, values: shares(line.counts) }));
  const most = Math.max(...shown, ...chosen, ...groups.flatMap((one) => one.values), Number.MIN_VALUE);
  const at = (share: number) => HIGH - (share / most) * (HIGH - 4);
  const outline = (values: readonly number[], stroke: string, fill: string) =>
    tag('path', { d: stepped(values, at), stroke, 'stroke-width': 1.5, fill, 'fill-opacity': 0.14 });
  const body = [
    tag('path', { d: `${stepped(shown, at)}Z`, fill: palette.area }),
    ...groups.map(({ values, colour }) => outline(values, colour, 'none')),
    chosen.length ? outline(chosen, palette.accent, palette.accent) : '',
    axis(counts.edges, palette),
    said(counts, medians, groups, palette),
  ];
  return { body: body.join(''), height: HIGH + 56 };
}

function stepped(values: readonly number[], at: (share: number) => number): string {
  const bin = WIDTH / values.length;
  const steps = values.flatMap((value, i) => [i * bin, at(value), (i + 1) * bin, at(value)]);
  return lineThrough([0, HIGH, ...steps, WIDTH, HIGH]);
}

function axis(edges: Float32Array, palette: Palette): string {
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const at = (value: number) => short(((value - low) / (high - low || 1)) * WIDTH);
  const type = { size: TYPE, fill: palette.ink3, anchor: 'middle' } as const;
  const ticks = niceTicks(low, high, TICKS).filter((tick) => tick >= low && tick <= high);
  const marks = ticks.map((tick) => `M${at(tick)} ${HIGH}v4`).join('');
  const line = tag('path', { d: `M0 ${HIGH}H${WIDTH}${marks}`, stroke: palette.ink3, fill: 'none' });
  return line + ticks.map((tick) => words(at(tick), HIGH + 16, figureWords(tick), type)).join('');
}

/** Medians, the missing and the letters of groups, below the axis. */
function said(
  { missingShown }: Counts,
  { shown, selected }: Chart['medians'],
  groups: Chart['lines'],
  palette: Palette,
): string {
  const y = HIGH + 34;
  const square = (x: number, fill: string) => tag('rect', { x, y: y - 8, width: 8, height: 8, fill });
  const ink = { size: TYPE, fill: palette.ink2 };
  const parts = [square(0, palette.area), words(12, y, `shown, median ${figureWords(shown)}`, ink)];
  if (selected !== null) {
    parts.push(square(134, palette.accent), words(146, y, `selected, median ${figureWords(selected)}`, ink));
  }
  parts.push(words(WIDTH, y, missingShown ? `${MISSING} ${count(missingShown)}` : '', { ...ink, anchor: 'end' }));
  groups.forEach(({ colour, letter }, i) => {
    parts.push(
      tag('rect', { x: i * 48, y: y + 8, width: 8, height: 8, fill: colour }),
      words(i * 48 + 12, y + 16, letter, ink),
    );
  });
  return parts.join('');
}

/** One row for each level: its share of the largest, and the numbers. */
function bars({ phenotype, counts, palette }: Chart): Drawn {
  const names = [...phenotype.levels, ...(counts.missing ? [MISSING] : [])];
  const shown = [...counts.shown, counts.missingShown];
  const chosen = counts.selected && [...counts.selected, counts.missingSelected];
  const most = Math.max(1, ...shown);
  const room = WIDTH - LABELS - NUMBERS;
  const rows = names.map((name, i) => {
    const y = i * ROW;
    const bar = (n: number, fill: string, inset: number) =>
      tag('rect', { x: LABELS, y: y + 4 + inset, width: short((n / most) * room), height: 12 - 2 * inset, fill });
    const n = shown[i] ?? 0;
    const numbers = chosen ? `${count(chosen[i] ?? 0)} / ${count(n)}` : count(n);
    return [
      words(LABELS - 8, y + 14, name, { size: TYPE, fill: palette.ink2, anchor: 'end' }),
      bar(n, palette.area, 0),
      chosen ? bar(chosen[i] ?? 0, palette.accent, 3) : '',
      words(WIDTH, y + 14, numbers, { size: TYPE, fill: palette.ink2, anchor: 'end' }),
    ].join('');
  });
  const key = { size: TYPE, fill: palette.ink3, anchor: 'end' } as const;
  const y = names.length * ROW;
  return { body: rows.join('') + words(WIDTH, y + 14, chosen ? 'selected / shown' : 'shown', key), height: y + ROW };
}
