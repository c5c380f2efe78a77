/** Survival in words and as a table, the same for the page and what is saved. */

import type { Hazards, Survival } from '../backend/backend';
import { readAt } from '../lib/steps';
import type { Table } from '../save/files';
import { chance, DASH, estimate } from './compare-words';

/** `log-rank p .023, exploratory`, or why there is none. */
export function survivalP({ p, reason, disclosure }: Survival): string {
  return p === null ? `no log-rank p: ${reason}` : `log-rank p ${chance(p, disclosure)}, exploratory`;
}

/** `1.95 (1.50 to 2.53)`, or why there is none. */
export function ratioWords({ ratio, adjusted, reason, reason_adjusted: why }: Hazards): [string, string] {
  return [ratio.value === null ? reason : estimate(ratio), adjusted.value === null ? why : estimate(adjusted)];
}

/** `84 % (80 to 87)` at a time; a dash where it is not told. */
export function shareWords(found: Survival, group: number, moment: number): string {
  const one = found.groups[group];
  const at = readAt(found.times, moment);
  const share = one?.share[at] ?? null;
  if (!one || share === null) return DASH;
  const [low, high] = [one.low[at] ?? null, one.high[at] ?? null];
  const range = low === null || high === null ? '' : ` (${rare(low)} to ${rare(high)})`;
  return `${rare(share)} %${range}`;
}

/** A line for each group and time. */
export function survivalTable(found: Survival): Table {
  const rows = found.groups.flatMap(({ name, n, events, share, low, high }) =>
    share.map((left, i) => [name, n, events, found.times[i] ?? null, left, low[i] ?? null, high[i] ?? null]),
  );
  const head = ['group', 'n', 'events', found.unit || 'time', 'without the event', 'low', 'high'];
  return { head, rows, notes: [`${found.label} (${found.event}); ${survivalP(found)}.`, ...found.notes] };
}

/** `84`; of few with a place more: `2.3`. */
function rare(share: number): string {
  return share > 0 && share < 0.0995 ? (100 * share).toFixed(1) : percent(share);
}

/** `84`. */
export function percent(share: number): string {
  return (100 * share).toFixed(0);
}
