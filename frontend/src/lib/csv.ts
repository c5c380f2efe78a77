/** Tables as text: RFC 4180, with a head of lines that begin with `#`. */

export type Cell = string | number | null;

/** Digits that a measured number can carry. */
const DIGITS = 9;

/** Lines end with CR LF; what is not known is empty; the BOM tells a spreadsheet that this is UTF-8. */
export function csv(notes: readonly string[], head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [...notes.map((note) => `# ${note.replace(/\s+/g, ' ')}`), ...[head, ...rows].map(line)];
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function line(cells: readonly Cell[]): string {
  return cells.map(text).join(',');
}

function text(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(Number(cell.toPrecision(DIGITS))) : '';
  return quoted(tame(cell));
}

/** A spreadsheet must not take words for a formula. */
function tame(words: string): string {
  return /^[=@\t]|^[+-](?![\d.])/.test(words) ? `'${words}` : words;
}

function quoted(words: string): string {
  return /[",\r\n]|^#/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}
