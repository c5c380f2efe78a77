/** Who is meant by a line of a score. */

import type { Gap } from '../backend/api.gen';
import type { People } from '../state/score.svelte';

/** `everyone`, `A Hypertrophy`, `A`, `Selection` */
export function whoOf(who: string, people: readonly People[], length: 'short' | 'long' = 'long'): string {
  if (who === 'everyone') return length === 'short' ? 'everyone' : 'Everyone';
  const some = people[Number(who)];
  if (!some) return '';
  if (!some.letter) return length === 'short' ? 'selection' : 'Selection';
  return length === 'short' ? some.letter : `${some.letter} ${some.name}`;
}

/** `Sex: Man`, `Age: 68.2 or more`, `A Hypertrophy` */
export function whereOf({ attribute, label, level }: Gap, people: readonly People[]): string {
  return attribute === 'group' ? whoOf(level, people) : `${label}: ${level}`;
}
