/** Saved groups and named views: all JSON. */

import type { Backend, SavedGroup, SavedView } from './backend';
import { ask } from './requests';

type Remembered = 'groups' | 'save_group' | 'remove_group' | 'views' | 'save_view' | 'remove_view';

export function rememberedAt(base: string): Pick<Backend, Remembered> {
  return {
    groups: async () => (await ask(base, 'groups')).json() as Promise<SavedGroup[]>,
    save_group: async (name, recipe, id = '', slot) => {
      const query = { name, group_id: id, ...(slot === undefined ? {} : { slot: String(slot) }) };
      return (await ask(base, 'save_group', query, JSON.stringify(recipe))).json() as Promise<SavedGroup>;
    },
    remove_group: async (id) => void (await ask(base, 'remove_group', { group_id: id }, '')),
    views: async () => (await ask(base, 'views')).json() as Promise<SavedView[]>,
    save_view: async (name, state) =>
      (await ask(base, 'save_view', { name }, JSON.stringify(state))).json() as Promise<SavedView>,
    remove_view: async (name) => void (await ask(base, 'remove_view', { name }, '')),
  };
}
