/** Which frame of a cine is shown; one for all pictures of a heart, so that they beat together. */

const DEFAULT_RR_MS = 1000;

export class Player {
  frame = $state(0);
  playing = $state(false);
  /** Time of one beat. */
  rrMs = $state(DEFAULT_RR_MS);
  #asked = 0;
  #phase = 0;
  #last = 0;
  #frames = 1;

  /** A rate of NaN is not known: a beat takes a second. */
  beat(rrMs: number): void {
    this.rrMs = Number.isFinite(rrMs) && rrMs > 0 ? rrMs : DEFAULT_RR_MS;
  }

  show(frame: number): void {
    this.pause();
    this.frame = frame;
  }

  play(frames: number): void {
    this.playing = true;
    this.#frames = frames;
    this.#phase = this.frame / frames;
    this.#last = performance.now();
    this.#asked = requestAnimationFrame((now) => this.#step(now));
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.#asked);
  }

  #step(now: number): void {
    if (!this.playing) return;
    this.#phase = phaseAfter(this.#phase, now - this.#last, this.rrMs);
    this.#last = now;
    this.frame = Math.floor(this.#phase * this.#frames) % this.#frames;
    this.#asked = requestAnimationFrame((next) => this.#step(next));
  }
}

/** Share of the beat that has passed `elapsedMs` later. */
export function phaseAfter(phase: number, elapsedMs: number, rrMs: number): number {
  const sum = phase + Math.max(elapsedMs, 0) / rrMs;
  return sum - Math.floor(sum);
}
