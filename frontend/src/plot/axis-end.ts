/** Where the axis of a distribution ends, which others are drawn over. */

const CUT = 2.5;

/**
 * The peak of the highest, but at most a few times the peak of those shown; what is higher is cut off.
 *
 * A group of one person, whole in one bin, would leave nothing to see of the others.
 */
export function axisEnd(shown: number, highest: number): number {
  return Math.max(shown, shown > 0 ? Math.min(highest, CUT * shown) : highest) || 1;
}
