/** Groups side by side: as data, and as a text that leaves the page. */

import type { Backend, Compared, CompareAsked } from './backend';
import { ask } from './requests';

export function comparedAt(base: string): Pick<Backend, 'compare' | 'compare_table'> {
  const body = (asked: CompareAsked) => JSON.stringify(asked);
  return {
    compare: async (asked) => (await ask(base, 'compare', {}, body(asked))).json() as Promise<Compared>,
    compare_table: async (asked, form) => (await ask(base, 'compare_table', { form }, body(asked))).text(),
  };
}
