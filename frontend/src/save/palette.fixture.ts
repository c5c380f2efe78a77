/** Colours for tests, where there is no page to read them from. */

import type { Palette } from '../lib/colour';

const grey = '#808080';
export const palette: Palette = {
  ...{ ground: grey, panel: grey, sunk: grey, rule: grey, rule2: grey, ink: grey, ink2: grey, ink3: grey },
  ...{ mark: grey, area: grey, mute: grey, accent: grey, accentInk: grey, accentWash: grey, bandWash: grey },
  ...{ paper: grey, paper1: grey, paper5: grey, trace: grey, now: grey, pos: grey, neg: grey },
  ...{ groupA: grey, groupB: grey, groupC: grey, groupD: grey, groupE: grey, groupF: grey, groupG: grey, groupH: grey },
  dark: false,
};
