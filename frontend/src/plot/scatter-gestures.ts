/** What the gestures of the hand mean on a map. */

import type { ScatterEvents } from './scatter';
import type { Gestures } from './scatter-input';
import type { Drawing, Scene } from './scatter-stage';
import { nearest, pan, toData, zoom, type View } from './view';

const REACH_PX = 8;
/** A lasso smaller than this is a slip of the hand. */
const LEAST_AREA_PX = 16;

export function gesturesOf(scene: Scene, events: ScatterEvents, { look, ask }: Drawing): Gestures {
  const rowAt = (x: number, y: number) => nearest(scene.data.points, scene.data.shown, scene.view, [x, y], REACH_PX);
  let hovered: number | null = null;
  return {
    tool: () => scene.data.tool,
    outline(path, phase) {
      scene.drawn = phase === 'move' ? polygonOf(path, scene.view) : null;
      ask();
      if (phase === 'end' && area(path) >= LEAST_AREA_PX) events.lasso(polygonOf(path, scene.view));
    },
    pan: (dx, dy) => look(pan(scene.view, dx, dy)),
    zoom: (factor, x, y) => look(zoom(scene.view, factor, x, y, scene.fit)),
    reset: () => look(scene.fit),
    click(x, y) {
      const row = rowAt(x, y);
      if (row !== null) events.pick(row);
    },
    hover(x, y, event) {
      const row = rowAt(x, y);
      if (row === hovered) return;
      hovered = row;
      events.hover(row, event.clientX, event.clientY);
    },
    leave() {
      if (hovered !== null) events.hover(null, 0, 0);
      hovered = null;
    },
  };
}

/** Six digits are finer than a pixel and keep links short; the rounded polygon is the one that selects. */
function polygonOf(path: readonly number[], view: View): Float64Array {
  const polygon = new Float64Array(path.length);
  for (let i = 0; i + 1 < path.length; i += 2) {
    const [x, y] = toData(view, path[i] ?? 0, path[i + 1] ?? 0);
    polygon[i] = Number(x.toPrecision(6));
    polygon[i + 1] = Number(y.toPrecision(6));
  }
  return polygon;
}

function area(path: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < path.length; i += 2) {
    const j = (i + 2) % path.length;
    twice += (path[i] ?? 0) * (path[j + 1] ?? 0) - (path[j] ?? 0) * (path[i + 1] ?? 0);
  }
  return Math.abs(twice) / 2;
}
