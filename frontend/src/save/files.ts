/** Files of a figure or a table, as the menus offer them. */

import { described } from '../lib/png';
import { csv, type Cell } from '../lib/csv';
import type { Make, Origin } from '../state/saving.svelte';
import { sheetOf, type Figure, type Sheet } from './figure';
import { methodsLine, type Content } from './methods';

export interface SavedFile {
  extension: 'png' | 'svg' | 'csv' | 'gif' | 'txt';
  make: Make;
}

export interface Table {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** What a reader must know before the numbers. */
  notes: readonly string[];
}

/** A line of a menu: what is saved, and as which files; `lacks` says why it cannot be. */
export interface SaveRow {
  what: string;
  label: string;
  files: readonly SavedFile[];
  lacks?: string;
}

/** Pixels of a PNG for a unit of the figure: twice the screen's, or enough for fine paper. */
const PIXELS = { px: 2, mm: 8 } as const;
const KEYWORD = 'Description';

export function pictureFiles(make: (origin: Origin) => Figure): SavedFile[] {
  return [
    { extension: 'png', make: (origin) => rastered(sheetOf(make(origin))) },
    { extension: 'svg', make: (origin) => new Blob([sheetOf(make(origin)).svg], { type: 'image/svg+xml' }) },
  ];
}

export function tableFile(content: Content, make: () => Table): SavedFile {
  return {
    extension: 'csv',
    make: (origin) => {
      const { head, rows, notes } = make();
      return new Blob([csv([methodsLine(origin, content), ...notes], head, rows)], { type: 'text/csv' });
    },
  };
}

/** @throws Error where the browser cannot draw it. */
async function rastered({ svg, width, height, unit, methods }: Sheet): Promise<Blob> {
  const pixels = PIXELS[unit];
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * pixels);
  canvas.height = Math.round(height * pixels);
  canvas.getContext('2d')?.drawImage(await loaded(svg), 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!png) throw new Error('this browser cannot write a picture of this size');
  const perMetre = unit === 'mm' ? 1000 * pixels : null;
  const bytes = described(new Uint8Array(await png.arrayBuffer()), { keyword: KEYWORD, text: methods }, perMetre);
  return new Blob([bytes], { type: 'image/png' });
}

async function loaded(svg: string): Promise<HTMLImageElement> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}
