/** How much the page offers: what a clinician needs, or everything. Remembered in this browser. */

import { remember, remembered } from '../lib/remember';

export type Detail = 'simple' | 'advanced';
const KEY = 'latentspace.detail';

export class DetailChoice {
  choice = $state<Detail>(remembered(KEY) === 'advanced' ? 'advanced' : 'simple');

  get advanced(): boolean {
    return this.choice === 'advanced';
  }

  choose(detail: Detail): void {
    this.choice = detail;
    remember(KEY, detail);
  }
}
