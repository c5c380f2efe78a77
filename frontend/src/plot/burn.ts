/** Words inside a picture. */

import { density, type Surface } from './canvas';

const WORDS_PX = 9;
const MARGIN_PX = 4;

/** Writes at the lower left, white on a dark seam, legible on every grey. */
export function burn({ canvas, context }: Surface, words: string): void {
  const ratio = density();
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.font = `600 ${WORDS_PX * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'alphabetic';
  context.lineJoin = 'round';
  context.lineWidth = 3 * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.fillStyle = '#fff';
  const at = [MARGIN_PX * ratio, canvas.height - MARGIN_PX * ratio, canvas.width - 2 * MARGIN_PX * ratio] as const;
  context.strokeText(words, ...at);
  context.fillText(words, ...at);
  context.restore();
}
