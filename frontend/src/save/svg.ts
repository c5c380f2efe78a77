/** Pieces of SVG as text; colours are attributes, for a page that allows no inline style. */

type Attributes = Readonly<Record<string, string | number>>;

export const FONT = "'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, sans-serif";
/** Width of a letter, in heights of the type, on the safe side. */
const LETTER = 0.54;

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function tag(name: string, attributes: Attributes, inside = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value.toString())}"`);
  const start = `<${name}${written.join('')}`;
  return inside ? `${start}>${inside}</${name}>` : `${start}/>`;
}

export interface Type {
  size: number;
  fill: string;
  anchor?: 'start' | 'middle' | 'end';
  weight?: 400 | 600;
  /** Colour of a seam that keeps words legible over a picture. */
  seam?: string;
}

/** Words with their baseline's start, middle or end at (x, y). */
export function words(x: number, y: number, text: string, type: Type): string {
  const { size, fill, anchor = 'start', weight = 400, seam } = type;
  const rim = seam
    ? { stroke: seam, 'stroke-width': size / 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' }
    : {};
  const place = { x: short(x), y: short(y), 'font-size': size, fill, 'text-anchor': anchor, 'font-weight': weight };
  return tag('text', { ...place, ...rim }, escaped(text));
}

export function widthOf(text: string, size: number): number {
  return text.length * size * LETTER;
}

/** The text in lines that are no wider than `width`. */
export function wrapped(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && widthOf(longer, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

/** Three figures after the point: a micrometre on paper. */
export function short(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A line through points x0, y0, x1, y1, ...; broken where one is no number. */
export function lineThrough(points: ArrayLike<number>): string {
  let path = '';
  let pen = 'M';
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [points[i] ?? NaN, points[i + 1] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) pen = 'M';
    else {
      path += `${pen}${short(x)} ${short(y)}`;
      pen = 'L';
    }
  }
  return path;
}
