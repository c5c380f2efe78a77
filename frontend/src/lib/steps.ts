/** Survival curves as paths: steps, with the band of their interval. */

export interface Scale {
  x: (time: number) => number;
  y: (share: number) => number;
}

/** Of a frame whose left upper corner is (0, 0); time begins at 0, shares lie between 0 and `top`. */
export function scaleOf(last: number, width: number, height: number, top = 1): Scale {
  return { x: (time) => (time / (last || 1)) * width, y: (share) => (1 - share / top) * height };
}

/** A step function: each value holds until the next time; the line ends before the first value that is not told. */
export function stepLine(times: readonly number[], shares: readonly (number | null)[], { x, y }: Scale): string {
  let path = '';
  for (const [i, share] of shares.entries()) {
    if (share === null) break;
    path += i ? `H${short(x(times[i] ?? 0))}V${short(y(share))}` : `M${short(x(times[i] ?? 0))} ${short(y(share))}`;
  }
  return path;
}

/** Between two step functions, in pieces where both are told. */
export function stepBand(
  times: readonly number[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
  { x, y }: Scale,
): string {
  let path = '';
  for (const [i, time] of times.entries()) {
    const [bottom, top, next] = [low[i] ?? null, high[i] ?? null, times[i + 1]];
    if (bottom === null || top === null || next === undefined) continue;
    path += `M${short(x(time))} ${short(y(top))}H${short(x(next))}V${short(y(bottom))}H${short(x(time))}Z`;
  }
  return path;
}

/** The index of the last time up to some moment: where a step function is read. */
export function readAt(times: readonly number[], moment: number): number {
  return Math.max(0, times.filter((time) => time <= moment + 1e-9).length - 1);
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}
