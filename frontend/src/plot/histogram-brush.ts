/** What a drag or a key does to the brush of a histogram. */

import { clamp, niceStep, snap } from './nice';

export type Bounds = readonly [number, number];
export type Grip = 'low' | 'high' | 'inside' | 'new';

export interface Scale {
  low: number;
  high: number;
  step: number;
  width: number;
}

/** A drag from a value, with the bounds as they were before. */
export interface Pull {
  grip: Grip;
  from: number;
  bounds: Bounds;
}

/** A handle is caught from so far. */
const CATCH_PX = 7;
/** Bounds fall on a nice step of about this part of the range. */
const STEPS = 200;

export function scaleOf(edges: Float32Array, width: number): Scale {
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 1;
  return { low, high, step: niceStep((high - low) / STEPS), width };
}

/** The value under a pixel, on a nice step; the ends are exactly the outer bounds of the bins. */
export function valueAt(px: number, { low, high, step, width }: Scale): number {
  const share = px / Math.max(1, width);
  if (share <= 0) return low;
  if (share >= 1) return high;
  return clamp(snap(low + share * (high - low), step), low, high);
}

function pixelOf(value: number, { low, high, width }: Scale): number {
  return ((value - low) / (high - low || 1)) * width;
}

export function gripAt(px: number, brush: Bounds | null, scale: Scale): Grip {
  if (!brush) return 'new';
  const [low, high] = [pixelOf(brush[0], scale), pixelOf(brush[1], scale)];
  const [toLow, toHigh] = [Math.abs(px - low), Math.abs(px - high)];
  if (Math.min(toLow, toHigh) <= CATCH_PX) return toLow < toHigh || (toLow === toHigh && px < low) ? 'low' : 'high';
  return px > low && px < high ? 'inside' : 'new';
}

/** The bounds after a grip was dragged to `value`. */
export function dragged({ grip, from, bounds }: Pull, value: number, scale: Scale): [number, number] {
  const [low, high] = bounds;
  if (grip === 'inside') {
    const shift = clamp(value - from, scale.low - low, scale.high - high);
    return [end(low + shift, scale), end(high + shift, scale)];
  }
  const fixed = grip === 'low' ? high : grip === 'high' ? low : from;
  return [Math.min(fixed, value), Math.max(fixed, value)];
}

function end(value: number, { low, high, step }: Scale): number {
  return value <= low || value >= high ? clamp(value, low, high) : clamp(snap(value, step), low, high);
}

/** A brush over everything is no brush. */
export function whole(bounds: [number, number], { low, high }: Scale): [number, number] | null {
  return bounds[0] <= low && bounds[1] >= high ? null : bounds;
}

/** The bounds after a key on one handle; null when the key means nothing. */
export function keyed(key: string, side: 'low' | 'high', [low, high]: Bounds, scale: Scale): [number, number] | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -10,
    PageUp: 10,
    Home: -Infinity,
    End: Infinity,
  };
  const move = steps[key];
  if (move === undefined) return null;
  const at = (value: number) => end(clamp(value + move * scale.step, scale.low, scale.high), scale);
  return side === 'low' ? [Math.min(at(low), high), high] : [low, Math.max(at(high), low)];
}

export function cursorOf(grip: Grip): string {
  if (grip === 'new') return 'crosshair';
  return grip === 'inside' ? 'grab' : 'ew-resize';
}
