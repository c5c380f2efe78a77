/** Canvases at the density of the screen, and one drawing for each frame. */

import type { Handle } from './handle';

export interface Surface {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
}

/** A canvas without a parent, for what is drawn once and shown often. */
export function offscreen(options?: CanvasRenderingContext2DSettings): Surface {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', options);
  if (!context) throw new Error('this browser gives no 2d canvas');
  return { canvas, context };
}

/** A canvas inside `host`; `label` is what a screen reader says instead of the picture. */
export function surface(host: HTMLElement, label = ''): Surface {
  const made = offscreen();
  const { style } = made.canvas;
  style.display = 'block';
  style.width = style.height = '0'; // until it is fitted: a canvas of its own size pushes others about
  host.append(made.canvas);
  describe(made.canvas, label);
  return made;
}

/** Names the picture; a picture without a name is decoration and is skipped by screen readers. */
export function describe(canvas: HTMLCanvasElement, label: string): void {
  if (label) {
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', label);
    canvas.removeAttribute('aria-hidden');
  } else {
    canvas.setAttribute('aria-hidden', 'true');
  }
}

/** Pixels of the screen in one CSS pixel. */
export function density(): number {
  return window.devicePixelRatio || 1;
}

/** Gives the canvas `width` x `height` CSS pixels at the density of the screen; drawing is in CSS pixels afterwards. */
export function fit({ canvas, context }: Surface, width: number, height: number): void {
  const ratio = density();
  fitPixels(canvas, Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** Gives the canvas exactly so many pixels of the screen; a canvas that has them already keeps its picture. */
export function fitPixels(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${width / density()}px`;
  canvas.style.height = `${height / density()}px`;
}

/** A plot that is one canvas: drawn anew, with the next frame, whenever its data or its host's size change. */
export function pictured<D extends { label?: string }>(
  host: HTMLElement,
  data: D,
  draw: (shown: Surface, data: D, width: number) => void,
): Handle<D> {
  const shown = surface(host, data.label);
  let current = data;
  const frame = frames(() => {
    describe(shown.canvas, current.label ?? '');
    draw(shown, current, host.clientWidth);
  });
  frame.ask();
  return {
    set(changed) {
      current = { ...current, ...changed };
      frame.ask();
    },
    resize: frame.ask,
    destroy() {
      frame.cancel();
      shown.canvas.remove();
    },
  };
}

export interface Frames {
  /** Draw with the next frame; asking again before that changes nothing. */
  ask: () => void;
  cancel: () => void;
}

export function frames(draw: () => void): Frames {
  let waiting = 0;
  return {
    ask() {
      waiting ||= requestAnimationFrame(() => {
        waiting = 0;
        draw();
      });
    },
    cancel() {
      cancelAnimationFrame(waiting);
      waiting = 0;
    },
  };
}
