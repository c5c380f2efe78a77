/** One latent dimension: how the cohort lies on it, where the code began and where it is dragged to. */

import type { Palette } from '../lib/colour';
import { fit, frames, surface } from './canvas';
import type { Handle, Phase } from './handle';
import { rangeInput } from './range-input';
import { drawStrip, STRIP_PX } from './strip-draw';
import { listenDot, listenKeys } from './strip-input';

export interface StripData {
  /** Density of all that are shown, on an even grid over the domain. */
  density: Float32Array;
  selectedDensity: Float32Array | null;
  /** Densities of groups, each a line in its colour. */
  lines?: readonly { colour: string; density: Float32Array }[];
  domain: readonly [number, number];
  /** Where the dot started. */
  source: number;
  now: number;
  /** Standard deviation of this dimension: the keys move by parts of it. */
  sd: number;
  palette: Palette;
  label?: string;
  /** What a screen reader says instead of standard deviations. */
  text?: string;
}

export interface StripEvents {
  drag(value: number, phase: Phase): void;
}

export function strip(host: HTMLElement, data: StripData, events: StripEvents): Handle<StripData> {
  const drawn = surface(host);
  const input = rangeInput(host);
  let current = data;
  let held = false;
  const frame = frames(() => {
    const focused = document.activeElement === input.element;
    drawStrip(drawn.context, current, host.clientWidth, { held, focused });
  });
  function put(): void {
    const { domain, now, sd, label, text } = current;
    const middle = (domain[0] + domain[1]) / 2;
    input.element.setAttribute('aria-label', label ?? 'latent');
    input.put(domain, now, text ?? `${((now - middle) / (sd || 1)).toFixed(1)} SD`);
  }
  function resize(): void {
    fit(drawn, host.clientWidth, STRIP_PX);
    frame.ask();
  }
  listenDot(
    drawn.canvas,
    () => current,
    events,
    (holding) => {
      held = holding;
      if (held) input.element.focus({ preventScroll: true });
      frame.ask();
    },
  );
  listenKeys(input.element, () => current, events, frame.ask);
  resize();
  put();
  return {
    set(changed) {
      current = { ...current, ...changed };
      put();
      frame.ask();
    },
    resize,
    destroy() {
      frame.cancel();
      drawn.canvas.remove();
      input.element.remove();
    },
  };
}
