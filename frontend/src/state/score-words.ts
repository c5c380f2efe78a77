/** Scores in words and in an order. */

import type { Calibration, Figure, Gap, Scored, Task } from '../backend/api.gen';
import { figure, percent, share } from './words';

export type Order = 'best' | 'list' | 'worst';

/** What is named first of a task, and its value where nothing is predicted. */
export const FIRST = { auroc: { label: 'AUROC', none: 0.5 }, r2: { label: 'R²', none: 0 } } as const;
export type First = keyof typeof FIRST;

const NOTHING: Figure = { value: null, low: null, high: null, n: null, reason: null };

/** A probability is scored otherwise than a number. */
export function firstOf(scored: Scored): First {
  return 'auroc' in scored.figures ? 'auroc' : 'r2';
}

export function mainFigure(scored: Scored): Figure {
  return scored.figures[firstOf(scored)] ?? NOTHING;
}

export function everyoneOf(task: Task): Scored | undefined {
  return task.scored[0];
}

/** How far above chance everyone is predicted: 0 is chance, 1 perfect; what cannot be judged is last. */
function skill(task: Task): number {
  const scored = everyoneOf(task);
  if (!scored) return -Infinity;
  const { value } = mainFigure(scored);
  const { none } = FIRST[firstOf(scored)];
  return value === null ? -Infinity : (value - none) / (1 - none);
}

/** Probabilities first, then numbers; within them the best first, as in the list, or those with a named group first. */
export function inOrder(tasks: readonly Task[], order: Order): Task[] {
  const place = (task: Task): number => {
    if (order === 'list') return 0;
    const named = order === 'worst' && task.worst?.named ? 10 : 0;
    return -skill(task) - named;
  };
  const kind = (task: Task): number => Number(!task.level);
  return [...tasks].sort((a, b) => kind(a) - kind(b) || place(a) - place(b) || 0);
}

/** `Sex: Man`, `LV mass`, `Digit: three` */
export function taskTitle({ label, level }: Task): string {
  return level && level !== 'Yes' ? `${label}: ${level}` : label;
}

/** `.78`, or a dash where there is no value. */
export function valueText({ value }: Figure): string {
  return value === null ? '–' : share(value);
}

/** `.72 to .83` */
export function rangeText({ low, high }: Figure): string {
  return isNumber(low) && isNumber(high) ? `${share(low)} to ${share(high)}` : '';
}

/** A reason that fits into a cell; the whole one stands in its title. */
export function shortReason(reason: string | null | undefined): string {
  if (!reason) return '';
  if (reason.includes('one class, at least')) return 'under 10 events';
  if (reason.includes('at least')) return 'under 20 people';
  if (reason.startsWith('suppressed')) return 'suppressed';
  if (reason.startsWith('nobody')) return 'nobody';
  return reason;
}

/** Whether the interval reaches what chance gives: then the dot is hollow. */
export function isUnsure(found: Figure, first: First): boolean {
  return isNumber(found.low) && found.low <= FIRST[first].none;
}

/** `AUROC .61 against .70 in the rest`, `mean error 19.8 g against 10.7 g in the rest` */
export function gapWords(gap: Gap, unit: string): string {
  if (gap.statistic === 'auroc') return `AUROC ${share(gap.here)} against ${share(gap.rest)} in the rest`;
  const of = (value: number) => `${figure(value)}${unit ? ` ${unit}` : ''}`;
  return `mean error ${of(gap.here)} against ${of(gap.rest)} in the rest`;
}

/** One sentence on what was said and what is true. */
export function calibrationWords(
  who: string,
  { predicted, observed, n }: Calibration,
  tells: (v: number) => string,
): string {
  if (n === null) return `${who}: suppressed, too few people.`;
  if (!isNumber(predicted) || !isNumber(observed)) return `Nobody of ${who} is known and predicted.`;
  return `${who} (${n}): on average ${tells(predicted)} is predicted, ${tells(observed)} is true.`;
}

/** How a value of a task is told: a probability in per cent, a number in its unit. */
export function tellerOf({ level, unit }: Task): (value: number) => string {
  return (value) => (level ? percent(value) : `${figure(value)}${unit ? ` ${unit}` : ''}`);
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}
