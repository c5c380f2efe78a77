/** A map drawn as a density: how many people lie in each cell, and no single one. */

import type { Palette } from '../lib/colour';
import { density, type Surface } from './canvas';
import { toPixel, type View } from './view';

/** Counts row by row from the lower left of the box, NaN where one is not told: such a cell stays blank. */
export interface Cells {
  box: { left: number; bottom: number; right: number; top: number };
  shown: Float32Array;
  selected: Float32Array | null;
}

/** The fullest cell, and one with almost nobody. */
const FULL = 0.8;
const LEAST = 0.06;
/** Beside a selection, those shown. */
const BEHIND = 0.45;
/** Cells as wide as this say their count. */
/** On what is darker than this, letters are light. */
const DARK = 0.55;
const SPEAKING_PX = 44;
const TYPE_PX = 11;

export function drawCells({ canvas, context }: Surface, cells: Cells, view: View, palette: Palette): void {
  const ratio = density();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = palette.sunk;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { box, shown, selected } = cells;
  if (selected) drawCounts(context, { box, counts: shown, ink: palette.mark, most: BEHIND, palette }, view);
  else drawCounts(context, { box, counts: shown, ink: palette.ink2, most: FULL, palette, says: true }, view);
  if (selected)
    drawCounts(context, { box, counts: selected, ink: palette.accent, most: FULL, palette, says: true }, view);
  context.globalAlpha = 1;
  context.setTransform(1, 0, 0, 1, 0, 0);
}

interface Drawn {
  box: Cells['box'];
  counts: Float32Array;
  ink: string;
  /** Opacity of the fullest cell. */
  most: number;
  palette: Palette;
  /** Whether wide cells say their count. */
  says?: boolean;
}

function drawCounts(context: CanvasRenderingContext2D, drawn: Drawn, view: View): void {
  const { box, counts, ink, most, palette, says } = drawn;
  const side = Math.round(Math.sqrt(counts.length));
  const fullest = counts.reduce((a, n) => (n > a ? n : a), 1);
  const [width, height] = [(box.right - box.left) / side, (box.top - box.bottom) / side];
  context.font = `${TYPE_PX}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  counts.forEach((n, i) => {
    if (!n) return; // nobody, or not told
    const [column, row] = [i % side, Math.floor(i / side)];
    const [left, top] = toPixel(view, box.left + column * width, box.bottom + (row + 1) * height).map(Math.round);
    const [right, bottom] = toPixel(view, box.left + (column + 1) * width, box.bottom + row * height).map(Math.round);
    const [x = 0, y = 0, wide, high] = [left, top, (right ?? 0) - (left ?? 0) - 1, (bottom ?? 0) - (top ?? 0) - 1];
    const opacity = most * (LEAST + (1 - LEAST) * (n / fullest));
    context.globalAlpha = opacity;
    context.fillStyle = ink;
    context.fillRect(x, y, wide, high);
    if (!says || Math.min(wide, high) < SPEAKING_PX) return;
    context.globalAlpha = 1;
    context.fillStyle = opacity > DARK ? palette.panel : palette.ink;
    context.fillText(String(n), x + wide / 2, y + high / 2);
  });
}
