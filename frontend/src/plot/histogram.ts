/** A histogram that is brushed: grey is shown, blue is selected, both as shares of their own total. */

import type { Palette } from '../lib/colour';
import type { Tally } from '../lib/crossfilter';
import { fit, frames, surface } from './canvas';
import type { Handle, Phase } from './handle';
import { scaleOf, type Scale } from './histogram-brush';
import { BRUSH_PX, drawHistogram, HISTOGRAM_PX } from './histogram-draw';
import { brushInputs, listenBrush, type Brushing } from './histogram-input';

export interface HistogramData {
  /** Bounds of the bins, one more than bins. */
  edges: Float32Array;
  /** NaN where a count is not told: no bar. */
  shown: Tally;
  selected: Tally | null;
  /** Counts of groups, each a stepped line in its colour, as shares of its own total. */
  lines?: readonly { colour: string; counts: Tally }[];
  brush: readonly [number, number] | null;
  palette: Palette;
  label?: string;
  /** CSS pixels; 22 when nothing is said. */
  height?: number;
}

export interface HistogramEvents {
  brush(bounds: [number, number] | null, phase: Phase): void;
}

export function histogram(host: HTMLElement, data: HistogramData, events: HistogramEvents): Handle<HistogramData> {
  const drawn = surface(host);
  let current = data;
  const brushing: Brushing = {
    scale: (): Scale => scaleOf(current.edges, host.clientWidth),
    brush: () => current.brush,
    tell: events.brush.bind(events),
  };
  const frame = frames(() => drawHistogram(drawn.context, current, host.clientWidth, inputs.focused()));
  const inputs = brushInputs(host, brushing, frame.ask);
  listenBrush(drawn.canvas, brushing);
  function resize(): void {
    fit(drawn, host.clientWidth, (current.height ?? HISTOGRAM_PX) + BRUSH_PX);
    frame.ask();
  }
  resize();
  inputs.put(current.label ?? '');
  return {
    set(changed) {
      const before = current.height;
      current = { ...current, ...changed };
      inputs.put(current.label ?? '');
      if (current.height !== before) resize();
      frame.ask();
    },
    resize,
    destroy() {
      frame.cancel();
      drawn.canvas.remove();
      inputs.remove();
    },
  };
}
