/** What a panel says when something could not be done. */

import { BackendError } from '../backend/backend';

export interface Failure {
  /** Stable and dotted, as the manual lists it; empty for a defect of the page. */
  code: string;
  found: string;
  hint: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof BackendError) {
    const { code, where, found, hint } = error;
    return { code, found: `${where}: ${found}.`, hint };
  }
  const found = error instanceof Error ? error.message : String(error);
  return { code: '', found, hint: 'Reload the page; if it stays so, this is a defect worth reporting.' };
}
