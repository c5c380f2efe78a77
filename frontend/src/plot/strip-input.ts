/** Pointer and keyboard on the dot of a strip. */

import { clamp } from './nice';
import { listenDrags } from './pointer';
import type { StripData, StripEvents } from './strip';
import { pixelOf, valueAt } from './strip-scale';

/** Standard deviations that a key moves the dot. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -0.1,
  ArrowDown: -0.1,
  ArrowRight: 0.1,
  ArrowUp: 0.1,
  PageDown: -0.5,
  PageUp: 0.5,
  Home: -Infinity,
  End: Infinity,
};
const CATCH_PX = 10;
/** A hand that only presses must not move the dot. */
const STILL_PX = 1;

/** The dot is caught where the pointer is on it, and comes to the pointer elsewhere. */
export function listenDot(
  canvas: HTMLCanvasElement,
  data: () => StripData,
  events: StripEvents,
  hold: (held: boolean) => void,
): void {
  let offset = 0;
  let startX = 0;
  let moved = false;
  const at = (x: number) => valueAt(x - offset, data().domain, canvas.clientWidth);
  canvas.style.cursor = 'ew-resize';
  listenDrags(canvas, {
    start(x, _y, event) {
      if (event.button !== 0) return false;
      event.preventDefault();
      const away = x - pixelOf(data().now, data().domain, canvas.clientWidth);
      moved = Math.abs(away) > CATCH_PX;
      offset = moved ? 0 : away;
      startX = x;
      hold(true);
      if (moved) events.drag(at(x), 'move');
      return true;
    },
    move(x) {
      moved ||= Math.abs(x - startX) >= STILL_PX;
      if (moved) events.drag(at(x), 'move');
    },
    end(x) {
      if (moved) events.drag(at(x), 'end');
      hold(false);
    },
    cancel: () => hold(false),
  });
}

export function listenKeys(
  element: HTMLInputElement,
  data: () => StripData,
  events: StripEvents,
  redraw: () => void,
): void {
  element.addEventListener('keydown', (event) => {
    const move = KEYS[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const { now, sd, domain } = data();
    events.drag(clamp(now + move * sd, ...domain), 'end');
  });
  element.addEventListener('input', () => events.drag(element.valueAsNumber, 'end'));
  element.addEventListener('focus', redraw);
  element.addEventListener('blur', redraw);
}
