/** Pointer and keyboard on the brush of a histogram. */

import type { Phase } from './handle';
import {
  cursorOf,
  dragged,
  gripAt,
  keyed,
  valueAt,
  whole,
  type Bounds,
  type Pull,
  type Scale,
} from './histogram-brush';
import { snap } from './nice';
import { listenDrags } from './pointer';
import { rangeInput } from './range-input';

/** What the brush is now, and who is told of another one. */
export interface Brushing {
  scale: () => Scale;
  brush: () => Bounds | null;
  tell: (bounds: [number, number] | null, phase: Phase) => void;
}

type Side = 'low' | 'high';
/** A drag shorter than this is a click. */
const CLICK_PX = 3;

/** Drags a bound, the whole brush or a new one; a double click clears. */
export function listenBrush(canvas: HTMLCanvasElement, { scale, brush, tell }: Brushing): void {
  let pull: Pull = { grip: 'new', from: 0, bounds: [0, 0] };
  let startX = 0;
  let moved = false;
  canvas.style.cursor = 'crosshair';
  listenDrags(canvas, {
    start(x, _y, event) {
      if (event.button !== 0) return false;
      const from = valueAt(x, scale());
      const grip = gripAt(x, brush(), scale());
      pull = { grip, from, bounds: brush() ?? [from, from] };
      startX = x;
      moved = false;
      return true;
    },
    move(x) {
      moved ||= Math.abs(x - startX) >= CLICK_PX;
      if (moved) tell(dragged(pull, valueAt(x, scale()), scale()), 'move');
    },
    end(x) {
      if (moved) tell(whole(dragged(pull, valueAt(x, scale()), scale()), scale()), 'end');
    },
    cancel() {
      const [low, high] = pull.bounds;
      if (moved) tell(pull.grip === 'new' ? null : [low, high], 'end');
    },
    over: (x) => (canvas.style.cursor = cursorOf(gripAt(x, brush(), scale()))),
  });
  canvas.addEventListener('dblclick', () => tell(null, 'end'));
}

export interface BrushInputs {
  put(label: string): void;
  focused(): Side | null;
  remove(): void;
}

/** Two range inputs, one for each bound. */
export function brushInputs(host: HTMLElement, brushing: Brushing, redraw: () => void): BrushInputs {
  const inputs = { low: rangeInput(host), high: rangeInput(host) };
  for (const side of ['low', 'high'] as const) listenKeys(inputs[side].element, side, brushing, redraw);
  return {
    put(label) {
      const { low, high, step } = brushing.scale();
      const [from, to] = brushing.brush() ?? [low, high];
      inputs.low.element.setAttribute('aria-label', `${label} from`.trim());
      inputs.high.element.setAttribute('aria-label', `${label} to`.trim());
      inputs.low.put([low, high], from, String(snap(from, step)));
      inputs.high.put([low, high], to, String(snap(to, step)));
    },
    focused() {
      const focused = document.activeElement;
      if (focused === inputs.low.element) return 'low';
      return focused === inputs.high.element ? 'high' : null;
    },
    remove() {
      inputs.low.element.remove();
      inputs.high.element.remove();
    },
  };
}

function listenKeys(element: HTMLInputElement, side: Side, { scale, brush, tell }: Brushing, redraw: () => void): void {
  const bounds = (): Bounds => brush() ?? [scale().low, scale().high];
  element.addEventListener('keydown', (event) => {
    const next = keyed(event.key, side, bounds(), scale());
    if (!next) return;
    event.preventDefault();
    tell(whole(next, scale()), 'end');
  });
  element.addEventListener('input', () => {
    const [low, high] = bounds();
    const value = element.valueAsNumber;
    tell(whole(side === 'low' ? [Math.min(value, high), high] : [low, Math.max(value, low)], scale()), 'end');
  });
  element.addEventListener('focus', redraw);
  element.addEventListener('blur', redraw);
}
