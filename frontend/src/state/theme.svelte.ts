/** Light, dark or as the system says; remembered in this browser. */

export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'latentspace.theme';
const NEXT: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };

export class Theme {
  choice = $state<ThemeChoice>('system');
  #systemDark = $state(false);

  constructor() {
    const kept = remembered();
    if (kept === 'light' || kept === 'dark') this.choice = kept;
    const media = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = media.matches;
    media.addEventListener('change', (event) => (this.#systemDark = event.matches));
  }

  get shown(): 'light' | 'dark' {
    if (this.choice !== 'system') return this.choice;
    return this.#systemDark ? 'dark' : 'light';
  }

  next(): void {
    this.choice = NEXT[this.choice];
    remember(this.choice);
  }
}

/** Storage may be forbidden on a hospital PC: the theme then lasts as long as the page. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(choice: ThemeChoice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    return;
  }
}
