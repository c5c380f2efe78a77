/** The course of a phenotype through latent space, and codes that are moved along it. */

/** Evenly spaced values of a phenotype; what a code has more at each than at the median, one after another. */
export interface Course {
  values: Float32Array;
  steps: Float32Array;
}

/** What is added to a code to bring it from one value to another; beyond the ends the course stands still. */
export function along(course: Course, from: number, to: number): Float32Array {
  const start = stepAt(course, from);
  return stepAt(course, to).map((value, i) => value - (start[i] ?? 0));
}

/** By a straight line between the two nearest values. */
function stepAt({ values, steps }: Course, value: number): Float32Array {
  const last = values.length - 1;
  const width = steps.length / values.length;
  const [low = 0, high = 0] = [values[0], values[last]];
  const place = Math.min(Math.max(((value - low) / (high - low || 1)) * last, 0), last);
  const below = Math.min(Math.floor(place), Math.max(last - 1, 0));
  const share = place - below;
  return Float32Array.from({ length: width }, (_, i) => {
    const [a = 0, b = 0] = [steps[below * width + i], steps[(below + 1) * width + i]];
    return a + share * (b - a);
  });
}
