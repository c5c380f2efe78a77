/** Numbers that people would choose. */

/** The smallest of 1, 2, 5 times a power of ten that is not below `rough` (> 0). */
export function niceStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  return tidy(factor * power);
}

/** `value` on the nearest multiple of `step`, without the dust of binary arithmetic. */
export function snap(value: number, step: number): number {
  return tidy(Math.round(value / step) * step);
}

/** Multiples of a nice step inside [low, high], at most about `count` of them. */
export function niceTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [];
  const step = niceStep((high - low) / count);
  const ticks: number[] = [];
  const slack = step * 1e-9;
  for (let i = Math.ceil((low - slack) / step); i * step <= high + slack; i++) ticks.push(tidy(i * step));
  return ticks;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
