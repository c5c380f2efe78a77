/** Survival curves with their bands and the numbers still followed, as a figure. */

import type { Palette } from '../lib/colour';
import { scaleOf, stepBand, stepLine } from '../lib/steps';
import type { ShapedCurves } from '../state/survival-shape';
import { percent, survivalP } from '../state/survival-words';
import { count } from '../state/words';
import type { Figure } from './figure';
import { tag, words } from './svg';

const WIDTH = 560;
const HIGH = 300;
const LEFT = 120;
const RIGHT = 20;
const ROW = 18;
const TYPE = 11;

export function survivalFigure(
  { found, top, marks, title: shown, note }: ShapedCurves,
  colours: readonly string[],
  palette: Palette,
  methods: string,
): Figure {
  const last = found.ticks.at(-1) ?? 1;
  const scale = scaleOf(last, WIDTH - LEFT - RIGHT, HIGH, top);
  const ink = { size: TYPE, fill: palette.ink2 } as const;
  const curves = found.groups.map(({ share, low, high }, i) => {
    const colour = colours[i] ?? palette.mark;
    const band = tag('path', { d: stepBand(found.times, low, high, scale), fill: colour, 'fill-opacity': 0.16 });
    const line = stepLine(found.times, share, scale);
    return band + tag('path', { d: line, fill: 'none', stroke: colour, 'stroke-width': 1.6 });
  });
  const ticks = found.ticks.map((tick) => words(scale.x(tick), HIGH + 16, String(tick), { ...ink, anchor: 'middle' }));
  const shares = marks.map((share) => words(-6, scale.y(share) + 4, `${percent(share)} %`, { ...ink, anchor: 'end' }));
  const frame = tag('path', { d: `M0 0V${HIGH}H${WIDTH - LEFT - RIGHT}`, fill: 'none', stroke: palette.ink3 });
  const below = found.groups.map(({ name, at_risk: atRisk }, i) => {
    const y = HIGH + 52 + i * ROW;
    const left = atRisk.map((n, k) =>
      words(scale.x(found.ticks[k] ?? 0), y, n === null ? '–' : count(n), { ...ink, anchor: 'middle' }),
    );
    const label = words(-LEFT, y, name.slice(0, 18), { size: TYPE, fill: colours[i] ?? palette.ink2, weight: 600 });
    return label + left.join('');
  });
  const title = words(-LEFT, HIGH + 36, `Still followed, by ${found.unit || 'time'}`, {
    size: TYPE,
    fill: palette.ink3,
  });
  const inside = [frame, ...curves, ...ticks, ...shares, title, ...below].join('');
  return {
    title: `${shown}: ${found.label}`,
    detail: survivalP(found),
    generated: false,
    methods: [methods, ...(note ? [note] : []), ...found.notes].join(' · '),
    palette,
    width: WIDTH,
    height: HIGH + 56 + found.groups.length * ROW,
    unit: 'px',
    body: tag('g', { transform: `translate(${LEFT} 0)` }, inside),
  };
}
