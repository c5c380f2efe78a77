/** Light, dark or as the system says; remembered in this browser. */

import { remember, remembered } from '../lib/remember';

export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'latentspace.theme';
const NEXT: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };

export class Theme {
  choice = $state<ThemeChoice>('system');
  #systemDark = $state(false);

  constructor() {
    const kept = remembered(KEY);
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
    remember(KEY, this.choice);
  }
}
