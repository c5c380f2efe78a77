/** Between whom one can walk: groups, the selection, the rest, everyone, and single subjects. */

import type { Cohort } from './cohort.svelte';
import type { Selection } from './selection.svelte';
import { count } from './words';

/** A saved group, as the panel of groups keeps it. */
export interface Group {
  letter: string;
  name: string;
  mask: Uint8Array;
}

/** One possible end. */
export interface End {
  /** `group:A`, `selection`, `rest`, `everyone`, `subject`, `second`. */
  value: string;
  label: string;
  /** How many people's mean it is; 1 of a subject. */
  n: number;
  /** Whose mean; null of everyone and of a single subject. */
  mask: Uint8Array | null;
  row: number | null;
  /** What to do before it can be chosen; empty when it can. */
  lacks: string;
}

/** The ends that there are now; those that need something first say so. */
export function walkEnds(
  cohort: Cohort,
  selection: Selection,
  groups: readonly Group[],
  rows: { subject: number | null; second: number | null },
): End[] {
  const { shown, selected } = selection.settled;
  const chosen = (selected ?? shown).slice();
  const rest = chosen.map((one) => 1 - one);
  const nothing = selection.empty ? 'select people first' : '';
  return [
    ...groups.map(({ letter, name, mask }) => meanOf(`group:${letter}`, `${letter} ${name}`, mask, '')),
    meanOf('selection', 'Selection', chosen, nothing),
    meanOf('rest', 'The rest', rest, nothing),
    { value: 'everyone', label: 'Everyone', n: cohort.n, mask: null, row: null, lacks: '' },
    person('subject', rows.subject, cohort, 'open a subject first'),
    person('second', rows.second, cohort, 'find a second subject first'),
  ];
}

function meanOf(value: string, label: string, mask: Uint8Array, lacks: string): End {
  const n = mask.reduce((sum, one) => sum + one, 0);
  return { value, label, n, mask, row: null, lacks: lacks || (n ? '' : 'nobody is in it') };
}

function person(value: string, row: number | null, cohort: Cohort, lacks: string): End {
  if (row !== null) return { value, label: cohort.title(row), n: 1, mask: null, row, lacks: '' };
  const label = value === 'subject' ? 'Open subject' : 'Second subject';
  return { value, label, n: 0, mask: null, row, lacks };
}

/** `The rest, mean of 1,799` or the id. */
export function endWords({ label, n, lacks }: End): string {
  if (lacks) return `${label} (${lacks})`;
  return n === 1 ? label : `${label}, mean of ${count(n)}`;
}
