/** Letters at the edges of an image: which side of the patient lies there. */

import { density, type Surface } from './canvas';

export interface Ends {
  top: string;
  bottom: string;
  left: string;
  right: string;
}

const LETTER_PX = 11;
const MARGIN_PX = 4;

/** White on a dark seam, in the middle of each edge. */
export function drawEnds({ canvas, context }: Surface, { top, bottom, left, right }: Ends): void {
  const ratio = density();
  const [width, height, margin] = [canvas.width, canvas.height, MARGIN_PX * ratio];
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.font = `600 ${LETTER_PX * ratio}px system-ui, sans-serif`;
  context.lineJoin = 'round';
  context.lineWidth = 3 * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.fillStyle = '#fff';
  const put = (text: string, x: number, y: number, across: CanvasTextAlign, down: CanvasTextBaseline) => {
    context.textAlign = across;
    context.textBaseline = down;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  };
  put(top, width / 2, margin, 'center', 'top');
  put(bottom, width / 2, height - margin, 'center', 'bottom');
  put(left, margin, height / 2, 'left', 'middle');
  put(right, width - margin, height / 2, 'right', 'middle');
  context.restore();
}
