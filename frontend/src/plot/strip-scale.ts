/** Where a value lies on a strip. */

import { clamp } from './nice';

/** Half of the largest dot, with its focus ring. */
export const INSET_PX = 9;

/** The dot stays whole at both ends of the domain. */
export function pixelOf(value: number, [low, high]: readonly [number, number], width: number): number {
  const room = Math.max(1, width - 2 * INSET_PX);
  return INSET_PX + clamp((value - low) / (high - low || 1), 0, 1) * room;
}

export function valueAt(px: number, [low, high]: readonly [number, number], width: number): number {
  const room = Math.max(1, width - 2 * INSET_PX);
  return clamp(low + ((px - INSET_PX) / room) * (high - low), low, high);
}
