import { describe, expect, it } from 'vitest';
import { csv } from './csv';

/** A reader by RFC 4180: each cell is quoted or plain, and ends with a comma or a line. */
function read(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('a table as text', () => {
  it('is read back as it was written, whatever is in its cells', () => {
    const words = ['plain', 'a, b', 'say "so"', 'two\nlines', '', '# no note', 'ä → ²'];
    const rows = read(
      csv(
        [],
        ['a', 'b'],
        words.map((word) => [word, 1]),
      ).slice(1),
    );
    expect(rows).toEqual([['a', 'b'], ...words.map((word) => [word, '1'])]);
  });

  it('begins with its notes, each one line, and with the mark of UTF-8', () => {
    const lines = csv(['first\nnote', 'second'], ['a'], [[2]]).split('\r\n');
    expect(lines).toEqual(['\ufeff# first note', '# second', 'a', '2', '']);
  });

  it('keeps nine digits of a number and leaves what is not known empty', () => {
    const [, ...rows] = read(csv([], ['a'], [[64.47291234567], [NaN], [null], [-0.5], [1e-12]]).slice(1));
    expect(rows.flat()).toEqual(['64.4729123', '', '', '-0.5', '1e-12']);
  });

  it('gives a spreadsheet no formula to run', () => {
    const [, ...rows] = read(csv([], ['a'], [['=1+1'], ['@x'], ['+cmd'], ['-3 to 4']]).slice(1));
    expect(rows.flat()).toEqual(["'=1+1", "'@x", "'+cmd", '-3 to 4']);
  });
});
