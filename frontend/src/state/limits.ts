/** What Python refuses, said before it is asked. */

import type { Failure } from './failure';
import type { Order } from './latents.svelte';

const MAX_CORNERS = 4096;
/** People on each side of latents that part two groups. */
export const FEWEST_SIDE = 10;
const FEWEST_AXES = 30;

/** An order of the selection needs people in it, and one that parts it people beside it. */
export function tooFew({ by }: Order, selected: number, n: number): Failure | null {
  const rest = n - selected;
  const hint = 'Brush a chart, or draw around a part of a map.';
  if (by === 'axes' && selected < FEWEST_AXES) {
    return { code: '', found: `Axes need ${FEWEST_AXES} people in the selection, it has ${selected}.`, hint };
  }
  if (by === 'separates' && Math.min(selected, rest) < FEWEST_SIDE) {
    const found = `It takes ${FEWEST_SIDE} people in the selection and beside it; there are ${selected} and ${rest}.`;
    return { code: '', found, hint };
  }
  return null;
}

/** Corners as the recipe holds them, thinned where the hand drew more than Python accepts. */
export function corners(polygon: Float64Array): [number, number][] {
  const n = polygon.length / 2;
  const step = Math.ceil(n / MAX_CORNERS);
  const kept = Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
  return kept.map((i) => [polygon[2 * i] ?? 0, polygon[2 * i + 1] ?? 0]);
}
