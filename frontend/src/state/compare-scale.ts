/** One axis for the differences of all rows. */

import type { ComparedRow } from '../backend/backend';

const LEAST = 0.5;
const MOST = 2;

export interface Axis {
  low: number;
  high: number;
  ticks: readonly number[];
}

/** Halves around what the intervals of a contrast reach, no further than 2 SD: what lies beyond gets an arrow. */
export function axisOf(rows: readonly ComparedRow[], contrast: number): Axis {
  const ends = rows.flatMap((row) => {
    const one = row.contrasts[contrast];
    return one ? [one.smd, one.adjusted].flatMap(({ low, high }) => [low ?? 0, high ?? 0]) : [];
  });
  const low = Math.max(-MOST, Math.min(-LEAST, Math.floor(2 * Math.min(0, ...ends)) / 2));
  const high = Math.min(MOST, Math.max(LEAST, Math.ceil(2 * Math.max(0, ...ends)) / 2));
  const step = high - low > 2 ? 1 : 0.5;
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + 1e-9; tick += step) ticks.push(tick);
  return { low, high, ticks };
}

/** Share of the axis, held inside it. */
export function place({ low, high }: Axis, value: number): number {
  return Math.min(Math.max((value - low) / (high - low), 0), 1);
}
