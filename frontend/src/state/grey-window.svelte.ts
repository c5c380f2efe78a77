/** Window and level: which greys of a heart are drawn from black to white. A viewing aid: no number changes. */

const FULL = { level: 50, width: 100 };
const NARROWEST = 5;
const WIDEST = 200;

export class GreyWindow {
  /** Middle and width of the window, in per cent of the whole grey scale. */
  level = $state(FULL.level);
  width = $state(FULL.width);

  get changed(): boolean {
    return this.level !== FULL.level || this.width !== FULL.width;
  }

  reset(): void {
    this.set(FULL.level, FULL.width);
  }

  set(level: number, width: number): void {
    this.level = Math.round(Math.min(Math.max(level, 0), 100));
    this.width = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
  }

  /** Values that are drawn black and white, of a scale that goes from low to high. */
  within([low, high]: readonly [number, number]): [number, number] {
    const at = (percent: number) => low + ((high - low) * percent) / 100;
    return [at(this.level - this.width / 2), at(this.level + this.width / 2)];
  }
}

export const WINDOW_RANGE = { narrowest: NARROWEST, widest: WIDEST } as const;
