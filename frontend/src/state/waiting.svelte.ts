/** Says when an answer takes longer than a second, so that the panel can tell. */

const SLOW_MS = 1000;

export class Waiting {
  slow = $state(false);

  /** The answer itself; `slow` is true from one second on until it is there. */
  async until<T>(answer: Promise<T>): Promise<T> {
    const timer = setTimeout(() => (this.slow = true), SLOW_MS);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.slow = false;
    }
  }
}
