/** Small pictures of words, 128 x 40: paths, each drawn in one of a few ways; `h0` is a dot. */

import type { Word } from './glossary';

interface Stroke {
  d: string;
  as: 'line' | 'dots' | 'marked' | 'now' | 'dash' | 'band';
}

const ECG = 'M4 24h12l3-4 3 4h6l2 4 4-22 4 26 3-8h6l4-6 5 6h8';
const ECG_FLAT = 'M4 24h12l3-2 3 2h6l2 2 4-15 4 17 3-4h6l4-3 5 3h8';
const FRAME = 'M70 4h54v32h-54z';
const SPREAD = 'M8 10h0M20 6h0M14 18h0M30 14h0M24 28h0M10 32h0M38 24h0M42 34h0';
const ISLANDS = 'M76 10h0M84 8h0M80 16h0M88 14h0M110 28h0M116 32h0M108 34h0M118 24h0';
const ARROW = 'M52 20h12m-4-4 4 4-4 4';

export const PICTOGRAMS: Readonly<Partial<Record<Word, readonly Stroke[]>>> = {
  'Latent space': [
    { d: 'M4 36V4m0 32h44', as: 'line' },
    { d: ARROW.replace('M52', 'M54'), as: 'line' },
    { d: 'M76 8h0M92 30h0M112 12h0M118 32h0', as: 'dots' },
    { d: 'M84 14h0M88 20h0', as: 'marked' },
    { d: 'M14 26h0M22 14h0M36 22h0', as: 'dots' },
  ],
  't-SNE': [
    { d: SPREAD, as: 'dots' },
    { d: ARROW, as: 'line' },
    { d: ISLANDS, as: 'dots' },
  ],
  'Second t-SNE': [
    { d: 'M8 10h0M16 8h0M12 16h0M40 28h0M46 32h0M38 34h0', as: 'dots' },
    { d: 'M64 4v32', as: 'line' },
    { d: 'M112 10h0M120 8h0M116 16h0M84 28h0M90 32h0M82 34h0', as: 'dots' },
    { d: 'M20 14h0M104 12h0', as: 'marked' },
  ],
  PCA: [
    { d: 'M16 36 112 4M56 12l16 16', as: 'line' },
    { d: 'M28 28h0M40 30h0M50 20h0M62 24h0M74 14h0M84 16h0M98 6h0', as: 'dots' },
  ],
  Trustworthiness: [
    { d: 'M24 20h0', as: 'marked' },
    { d: 'M12 12h0M16 30h0M36 14h0M34 30h0', as: 'dots' },
    { d: ARROW, as: 'line' },
    { d: 'M96 20h0M84 12h0M88 30h0', as: 'marked' },
    { d: 'M112 12h0M110 30h0', as: 'dots' },
  ],
  'Map reliability': [
    { d: 'M24 20h0M12 12h0M16 30h0', as: 'marked' },
    { d: 'M36 14h0M34 30h0', as: 'dots' },
    { d: 'M64 4v32', as: 'line' },
    { d: 'M96 20h0', as: 'marked' },
    { d: 'M84 12h0M88 30h0M112 12h0M110 30h0', as: 'dots' },
  ],
  Reconstruction: [
    { d: ECG, as: 'line' },
    { d: 'M72 20h0M80 20h0M88 20h0', as: 'marked' },
    { d: 'M96 24h4l2-12 3 16 2-4h12', as: 'now' },
  ],
  'Contrastive alignment': [
    { d: 'M20 8h0M20 20h0M20 32h0', as: 'dots' },
    { d: 'M108 8h0M108 20h0M108 32h0', as: 'marked' },
    { d: 'M28 8h72M28 20h72M28 32h72', as: 'line' },
  ],
  Agreement: [
    { d: 'M50 20a18 16 0 1 1-36 0 18 16 0 1 1 36 0M98 20a18 16 0 1 1-36 0 18 16 0 1 1 36 0', as: 'line' },
    { d: 'M24 12h0M22 26h0M86 12h0M90 26h0', as: 'dots' },
    { d: 'M38 14h0M40 26h0M72 14h0M70 26h0', as: 'marked' },
  ],
  Measured: [
    { d: ECG, as: 'line' },
    { d: 'M28 36h16m-16-3v6m16-6v6', as: 'now' },
  ],
  Predicted: [
    { d: 'M8 34 56 8', as: 'line' },
    { d: 'M12 28h0M22 30h0M30 20h0M42 18h0M50 8h0', as: 'dots' },
    { d: ARROW.replace('M52', 'M66'), as: 'line' },
    { d: 'M104 6v28m-4-28h8m-8 28h8', as: 'now' },
    { d: 'M104 20h0', as: 'marked' },
  ],
  Score: [
    { d: 'M8 34 56 6', as: 'dash' },
    { d: 'M12 30h0M20 28h0M28 20h0M36 18h0M46 12h0M52 6h0', as: 'dots' },
    { d: 'M72 12h44M72 28h44', as: 'line' },
    { d: 'M104 12h0M92 28h0', as: 'marked' },
  ],
  Uncertainty: [
    { d: 'M4 18h24l6-14 6 22 4-8h80v10h-80l-4 8-6-20-6 12h-24z', as: 'band' },
    { d: 'M4 23h24l6-14 6 22 4-8h80', as: 'now' },
  ],
  Translation: [
    { d: ECG, as: 'line' },
    { d: FRAME, as: 'dash' },
    { d: 'M97 10a10 10 0 1 1-.1 20 10 10 0 1 1 .1-20m0 4a6 6 0 1 1-.1 12 6 6 0 1 1 .1-12', as: 'now' },
  ],
  GENERATED: [
    { d: FRAME, as: 'dash' },
    { d: ECG_FLAT.replace('M4 24h12', 'M72 24h4').replace('h8', 'h2'), as: 'now' },
    { d: 'M4 4h54v32H4z', as: 'line' },
    { d: 'M6 24h10l3-4 3 4h6l2 4 4-20 4 24 3-8h14', as: 'line' },
  ],
};
