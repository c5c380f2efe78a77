/** The colours of the theme that is shown, for everything that is drawn on a canvas. */

import { createContext } from 'svelte';
import type { Palette } from '../lib/colour';

const [usePalette, providePalette] = createContext<() => Palette>();
export { providePalette, usePalette };
