/** Between whom one can walk: groups, the selection, the rest, everyone, and single subjects. */

import type { Recipe } from '../lib/recipe';
import { countIn } from '../lib/recipe-mask';
import type { Cohort } from './cohort.svelte';
import type { Whom } from './mean-code';
import { recipeOf, type Selection } from './selection.svelte';
import { count } from './words';

/** A saved group, as the panel of groups keeps it. */
export interface Group {
  letter: string;
  name: string;
  mask: Uint8Array;
  recipe: Recipe;
  /** NaN where it is not told. */
  n: number;
}

/** One possible end. */
export interface End {
  /** `group:A`, `selection`, `rest`, `everyone`, `subject`, `second`. */
  value: string;
  label: string;
  /** How many people's mean it is; 1 of a subject. */
  n: number;
  /** Whose mean; null of everyone and of a single subject. */
  whom: Whom | null;
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
  const nothing = selection.empty ? 'select people first' : '';
  const chosen = chosenOf(selection);
  const ends = [
    ...groups.map((group) => meanOf(`group:${group.letter}`, `${group.letter} ${group.name}`, group, '')),
    meanOf('selection', 'Selection', chosen, nothing),
    meanOf('rest', 'The rest', restOf(chosen, cohort.n), nothing),
    { value: 'everyone', label: 'Everyone', n: cohort.n, whom: null, row: null, lacks: '' },
  ];
  if (cohort.told) return ends;
  return [
    ...ends,
    person('subject', rows.subject, cohort, 'open a subject first'),
    person('second', rows.second, cohort, 'find a second subject first'),
  ];
}

type Counted = Whom & { n: number };

/** At the end of the last gesture. */
function chosenOf(selection: Selection): Counted {
  const { shown, selected } = selection.settled;
  const mask = (selected ?? shown).slice();
  return { mask, recipe: recipeOf(selection.settledFilter), n: mask.length ? countIn(mask) : selection.total.selected };
}

function restOf({ mask, recipe, n }: Counted, all: number): Counted {
  return { mask: mask.map((one) => 1 - one), recipe: { kind: 'not', of: recipe }, n: all - n };
}

function meanOf(value: string, label: string, whom: Counted, lacks: string): End {
  const { n } = whom;
  const few = Number.isNaN(n) ? 'too few to be told of' : '';
  return { value, label, n, whom, row: null, lacks: lacks || (n === 0 ? 'nobody is in it' : few) };
}

function person(value: string, row: number | null, cohort: Cohort, lacks: string): End {
  if (row !== null) return { value, label: cohort.title(row), n: 1, whom: null, row, lacks: '' };
  const label = value === 'subject' ? 'Open subject' : 'Second subject';
  return { value, label, n: 0, whom: null, row, lacks };
}

/** `The rest, mean of 1,799` or the id. */
export function endWords({ label, n, lacks }: End): string {
  if (lacks) return `${label} (${lacks})`;
  return n === 1 ? label : `${label}, mean of ${count(n)}`;
}
