/** The two canvases of a map, what is on them and when it is drawn. */

import { density, fit, fitPixels, frames, surface, type Surface } from './canvas';
import type { ScatterData } from './scatter';
import { drawCells } from './scatter-cells';
import { drawDots, isCurrent, passesOf, radiusOf, type Passes } from './scatter-dots';
import { drawOverlay, type Overlay } from './scatter-overlay';
import { extentOf, fitView, refit, type View } from './view';

/** After the last movement, or change of who is shown, soft edges come back. */
const REST_MS = 200;
/** So many points can be drawn softly while they move. */
const LIGHT = 20_000;

export interface Scene {
  data: ScatterData;
  view: View;
  /** The view of everything. */
  fit: View;
  /** Points that `fit` was made for. */
  fitted: Float32Array;
  passes: Passes | null;
  image: ImageData | null;
  moving: boolean;
  /** A lasso while it is being drawn. */
  drawn: Float64Array | null;
  /** The dots must be drawn again, not only what lies over them. */
  dirty: boolean;
}

export interface Drawing {
  /** Another view, by hand: rough while it moves. */
  look: (view: View) => void;
  /** What lies over the dots has changed. */
  ask: () => void;
}

export interface Stage extends Drawing {
  scene: Scene;
  /** The upper canvas, which takes pointer and keys. */
  target: HTMLCanvasElement;
  /** The data of the scene have changed. */
  update: () => void;
  resize: () => void;
  destroy: () => void;
}

export function stage(host: HTMLElement, data: ScatterData): Stage {
  const dots = surface(host);
  const over = surface(host);
  Object.assign(over.canvas.style, { position: 'absolute', inset: '0' });
  over.canvas.tabIndex = 0;
  const scene = sceneOf(data, host);
  const rest = resting(scene, redraw);
  const frame = frames(() => {
    if (scene.dirty) paint(dots, scene);
    rest.wait();
    drawOverlay(over.context, scene.view, overlayOf(scene));
  });
  function redraw(): void {
    scene.dirty = true;
    frame.ask();
  }
  function resize(): void {
    measure(scene, host);
    const ratio = density();
    const pixels = (length: number) => Math.max(1, Math.round(length * ratio));
    fitPixels(dots.canvas, pixels(scene.view.width), pixels(scene.view.height));
    fit(over, scene.view.width, scene.view.height);
    redraw();
  }
  function look(view: View): void {
    scene.view = view;
    rest.disturb();
    redraw();
  }
  function update(): void {
    if (refresh(scene)) rest.disturb();
    frame.ask();
  }
  function destroy(): void {
    frame.cancel();
    rest.cancel();
    dots.canvas.remove();
    over.canvas.remove();
  }
  resize();
  return { scene, target: over.canvas, look, ask: frame.ask, update, resize, destroy };
}

/** Many dots are rough while they move, and soft when nothing has been drawn for a while. */
function resting(scene: Scene, redraw: () => void): { disturb(): void; wait(): void; cancel(): void } {
  let timer = 0;
  const cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  const soften = () => {
    timer = 0;
    scene.moving = false;
    redraw();
  };
  return {
    disturb() {
      scene.moving = scene.data.shown.length > LIGHT;
      cancel();
    },
    wait: () => (timer ||= scene.moving ? window.setTimeout(soften, REST_MS) : 0),
    cancel,
  };
}

function sceneOf(data: ScatterData, host: HTMLElement): Scene {
  const whole = fitView(extentOf(data.points), host.clientWidth, host.clientHeight);
  return {
    data,
    view: whole,
    fit: whole,
    fitted: data.points,
    passes: null,
    image: null,
    moving: false,
    drawn: null,
    dirty: true,
  };
}

/** The host has another size: the same part of the map stays in the window. */
function measure(scene: Scene, host: HTMLElement): void {
  const before = scene.fit;
  scene.fit = fitView(extentOf(scene.data.points), host.clientWidth, host.clientHeight);
  scene.view = before.width && before.height ? refit(scene.view, before, scene.fit) : scene.fit;
  scene.image = null;
}

/** New points are shown whole; new masks, colours or theme make new passes. True where the dots are to be drawn anew. */
function refresh(scene: Scene): boolean {
  const { data, fit: whole } = scene;
  if (scene.fitted !== data.points) {
    scene.fit = fitView(extentOf(data.points), whole.width, whole.height);
    scene.view = scene.fit;
    scene.fitted = data.points;
    scene.dirty = true;
  }
  if (!data.cells && scene.passes && isCurrent(scene.passes, data)) return false;
  scene.passes = null;
  scene.dirty = true;
  return true;
}

function paint(dots: Surface, scene: Scene): void {
  const { data, view, fit: whole, moving } = scene;
  if (data.cells) {
    drawCells(dots, data.cells, view, data.palette);
    scene.dirty = false;
    return;
  }
  const n = data.shown.length;
  scene.passes ??= passesOf(data);
  scene.image ??= dots.context.createImageData(dots.canvas.width, dots.canvas.height);
  drawDots(dots, scene.image, data, scene.passes, {
    view,
    radius: radiusOf(n, view, whole),
    moving,
  });
  scene.dirty = false;
}

function overlayOf({ data, drawn }: Scene): Overlay {
  const { points, focus, ghost, palette } = data;
  const at = focus === null ? NaN : (points[2 * focus] ?? NaN);
  return {
    polygon: drawn ?? data.polygon,
    open: drawn !== null,
    focus: focus === null || Number.isNaN(at) ? null : [at, points[2 * focus + 1] ?? NaN],
    ghost,
    palette,
  };
}
