/** The window and level of every heart on the page, and the drag with the right button that changes them. */

import { createContext } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import type { GreyWindow } from '../state/grey-window.svelte';

const [useGreys, provideGreys] = createContext<GreyWindow>();
export { provideGreys, useGreys };

const RIGHT = 2;
/** Per cent of the grey scale for a pixel, as on a reading station: half the scale in a hand's breadth. */
const PER_PIXEL = 0.4;

/** Sideways changes the width, up and down the level. */
export function windowDrag(greys: GreyWindow): Attachment<HTMLElement> {
  return (host) => {
    let from: { x: number; y: number; level: number; width: number } | null = null;
    const down = (event: PointerEvent) => {
      if (event.button !== RIGHT) return;
      host.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, level: greys.level, width: greys.width };
    };
    const move = (event: PointerEvent) => {
      if (!from) return;
      const [across, up] = [event.clientX - from.x, from.y - event.clientY];
      greys.set(from.level + PER_PIXEL * up, from.width + PER_PIXEL * across);
    };
    const end = () => (from = null);
    const menu = (event: Event) => {
      event.preventDefault();
    };
    host.addEventListener('pointerdown', down);
    host.addEventListener('pointermove', move);
    host.addEventListener('pointerup', end);
    host.addEventListener('pointercancel', end);
    host.addEventListener('contextmenu', menu);
    return () => {
      host.removeEventListener('pointerdown', down);
      host.removeEventListener('pointermove', move);
      host.removeEventListener('pointerup', end);
      host.removeEventListener('pointercancel', end);
      host.removeEventListener('contextmenu', menu);
    };
  };
}
