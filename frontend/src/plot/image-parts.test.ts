import { describe, expect, it } from 'vitest';
import { diverging, greys, paint, pictureOf, type ImagePart } from './image-parts';

const BLACK = 0xff000000;
const WHITE = 0xffffffff;
const GROUND = 0xff808080;

function part(values: readonly number[], originCol: number): ImagePart {
  return { values: Float32Array.from(values), rows: 2, cols: 2, originRow: 3, originCol, role: 'recorded' };
}

describe('parts of a picture', () => {
  it('halves lie side by side by their origin, whatever the order', () => {
    const parts = [part([1, 0, 0, 1], 6), part([0, 1, 1, 0], 4)];
    const picture = pictureOf(parts);
    expect(picture).toEqual({ rows: 2, cols: 4, top: 3, left: 4 });
    const pixels = new Uint32Array(8);
    for (const one of parts) paint(pixels, picture, one, greys(GROUND, 'plain'), [0, 1]);
    expect([...pixels].map((pixel) => (pixel === WHITE ? 1 : 0))).toEqual([0, 1, 1, 0, 1, 0, 0, 1]);
  });
  it('values beyond the range take the end colours, missing ones the ground', () => {
    const pixels = new Uint32Array(4);
    paint(pixels, pictureOf([part([], 0)]), part([-5, 50, NaN, 0], 0), greys(GROUND, 'plain'), [0, 10]);
    expect([...pixels]).toEqual([BLACK, WHITE, GROUND, BLACK]);
  });
  it('inverted greys are dark where values are high', () => {
    const { table } = greys(GROUND, 'inverted');
    expect([table[0], table[255]]).toEqual([WHITE, BLACK]);
  });
  it('a change of nothing has the colour of the ground, and its ends the two colours', () => {
    const { table } = diverging(0xff0000ff, GROUND, 0xffff0000);
    expect([table[0], table[255]]).toEqual([0xff0000ff, 0xffff0000]);
    const middle = table[128] ?? 0;
    for (const shift of [0, 8, 16]) expect(Math.abs(((middle >>> shift) & 255) - 128)).toBeLessThanOrEqual(2);
  });
  it('no parts are an empty picture', () => {
    expect(pictureOf([])).toEqual({ rows: 1, cols: 1, top: 0, left: 0 });
  });
});
