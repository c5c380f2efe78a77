/** The views of the page, through which the browser's Back and Forward go. */

import type { Store } from '../state.svelte';

export const TABS = ['explore', 'compare', 'score', 'survival', 'walk'] as const;
export type Tab = (typeof TABS)[number];

export function visit(store: Store, tab: Tab): void {
  if (tab === store.tab) return;
  history.pushState({ tab }, '');
  store.tab = tab;
}

/** The browser went back or forward to an entry of `visit`, or to where the page was opened. */
export function revisit(store: Store, entry: unknown): void {
  store.tab = tabOf((entry as { tab?: unknown } | null)?.tab);
}

/** The view of that name; the first where there is none. */
export function tabOf(name: unknown): Tab {
  return TABS.find((tab) => tab === name) ?? 'explore';
}
