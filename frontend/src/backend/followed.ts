/** Groups followed in time: all JSON. */

import type { Backend, CoxModels, Survival } from './backend';
import { ask } from './requests';

export function followedAt(base: string): Pick<Backend, 'survival' | 'hazards'> {
  return {
    survival: async (asked, event) =>
      (await ask(base, 'survival', { event }, JSON.stringify(asked))).json() as Promise<Survival>,
    hazards: async (event, disclosure) =>
      (await ask(base, 'hazards', { event, disclosure })).json() as Promise<CoxModels>,
  };
}
