/** What a panel says when something could not be done. */

import { BackendError } from '../backend/backend';

export interface Failure {
  found: string;
  hint: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof BackendError) return { found: `${error.where}: ${error.found}.`, hint: error.hint };
  const found = error instanceof Error ? error.message : String(error);
  return { found, hint: 'Reload the page; if it stays so, this is a defect worth reporting.' };
}
