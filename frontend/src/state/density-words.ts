/** Centiles of the cohort in words; the bounds are Python's (`manifold.where`). */

const OUTSIDE_BELOW = 5;
const EDGE_BELOW = 10;

/** `1st`, `17th`, `100th` */
export function ordinal(centile: number): string {
  if (!Number.isFinite(centile)) return '–';
  const n = Math.round(centile);
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}

export function whereWords(centile: number): string {
  if (!Number.isFinite(centile)) return '';
  if (centile < OUTSIDE_BELOW) return 'outside';
  return centile < EDGE_BELOW ? 'at the edge' : 'inside';
}
