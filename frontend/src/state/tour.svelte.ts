/** Three steps of a first visit; whether they were seen is remembered in this browser. */

const KEY = 'latentspace.tour';

export const STEPS = [
  {
    title: 'Brush',
    at: 'aside[aria-label="Phenotypes"]',
    text: 'Drag over a histogram or click a bar. Only those people stay shown, in every chart and on every map.',
  },
  {
    title: 'Lasso',
    at: 'section[aria-label="Maps"]',
    text: 'Draw around people who lie together. The charts then show in blue how these people differ from all that are shown.',
  },
  {
    title: 'Drag',
    at: 'section[aria-label="Latents"]',
    text: 'Drag a dot sideways; where maps show points, click one first. Every recording is drawn anew at once, and marked GENERATED.',
  },
] as const;

export class Tour {
  /** Null when it is over. */
  step = $state<number | null>(null);

  /** Begins on a first visit, or where the address asks for it; programs that look at the page are left alone. */
  constructor() {
    const asked = new URLSearchParams(location.search).has('tour');
    if (asked || (!navigator.webdriver && !seen())) this.step = 0;
  }

  start(): void {
    this.step = 0;
  }

  back(): void {
    this.step = Math.max((this.step ?? 0) - 1, 0);
  }

  next(): void {
    const next = (this.step ?? 0) + 1;
    if (next < STEPS.length) this.step = next;
    else this.end();
  }

  end(): void {
    this.step = null;
    remember();
  }
}

/** Storage may be forbidden on a hospital PC: the tour then begins with every visit. */
function seen(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem(KEY, 'seen');
  } catch {
    return;
  }
}
