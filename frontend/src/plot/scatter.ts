/** A map of subjects: a million dots, a lasso, a ring about the subject. */

import type { Palette } from '../lib/colour';
import { describe } from './canvas';
import type { Handle } from './handle';
import type { Cells } from './scatter-cells';
import { gesturesOf } from './scatter-gestures';
import { listen } from './scatter-input';
import { stage } from './scatter-stage';
import { toData, toPixel, type View } from './view';

export interface ScatterData {
  /** x0, y0, x1, y1, ...; NaN where a subject has no place on this map. */
  points: Float32Array;
  /** RGBA of each row, packed little-endian. */
  colours: Uint32Array;
  shown: Uint8Array;
  selected: Uint8Array | null;
  /** The lasso in data coordinates, closed implicitly. */
  polygon: Float64Array | null;
  /** Row of the subject. */
  focus: number | null;
  /** Where the drawn code would lie. */
  ghost: readonly [number, number] | null;
  /** Counts by cell in the place of dots; then the points are the corners of their box. */
  cells?: Cells | null;
  tool: 'lasso' | 'box' | 'pan';
  palette: Palette;
  label?: string;
}

export interface ScatterEvents {
  /** Data coordinates of a finished lasso or box. */
  lasso(polygon: Float64Array): void;
  pick(row: number): void;
  hover(row: number | null, clientX: number, clientY: number): void;
}

export interface ScatterHandle extends Handle<ScatterData> {
  toData(px: number, py: number): [number, number];
  toPixel(x: number, y: number): [number, number];
  /** What is in the window, for a copy of it. */
  view(): View;
  /** Bounds of what is in the window, in data coordinates. */
  visible(): { left: number; right: number; bottom: number; top: number };
}

export function scatter(host: HTMLElement, data: ScatterData, events: ScatterEvents): ScatterHandle {
  const { scene, target, ...drawing } = stage(host, data);
  const stop = listen(target, gesturesOf(scene, events, drawing));
  introduce(target, data);
  return {
    set(changed) {
      scene.data = { ...scene.data, ...changed };
      introduce(target, scene.data);
      drawing.update();
    },
    resize: drawing.resize,
    destroy() {
      stop();
      drawing.destroy();
    },
    toData: (px, py) => toData(scene.view, px, py),
    toPixel: (x, y) => toPixel(scene.view, x, y),
    view: () => scene.view,
    visible() {
      const [left, top] = toData(scene.view, 0, 0);
      const [right, bottom] = toData(scene.view, scene.view.width, scene.view.height);
      return { left, right, bottom, top };
    },
  };
}

function introduce(canvas: HTMLCanvasElement, { tool, label }: ScatterData): void {
  canvas.style.cursor = tool === 'pan' ? 'grab' : 'crosshair';
  describe(canvas, `${label ?? 'map'}: arrow keys pan, plus and minus zoom, 0 shows all`);
  canvas.setAttribute('role', 'application');
}
