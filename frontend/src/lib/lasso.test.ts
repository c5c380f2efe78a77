import { describe, expect, it } from 'vitest';
import vectors from '../../../tests/vectors/lasso.json';
import { inside } from './lasso';
import type { Polygon } from './recipe';

const pair = ([x, y]: readonly (number | null)[]): [number, number] => [x ?? NaN, y ?? NaN];

describe('the vectors that Python is held to as well', () => {
  it.each(vectors)('$name', ({ polygon, points, inside: expected }) => {
    const flat = Float32Array.from(points.flatMap(pair));
    expect([...inside(flat, polygon.map(pair))]).toEqual(expected);
  });
});

describe('an outline far from zero', () => {
  it('holds the same points after both are moved', () => {
    const outline: Polygon = [
      [0, 0],
      [8, 2],
      [6, 8],
      [3, 3],
    ];
    const points = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? (i >> 1) / 20 : (i * 7) % 10));
    const moved = inside(
      points.map((value) => value + 4096),
      outline.map(([x, y]) => [x + 4096, y + 4096]),
    );
    const found = inside(
      points.map((value) => Math.fround(value + 4096) - 4096),
      outline,
    );
    expect(found.some((value) => value === 1)).toBe(true);
    expect(moved).toEqual(found);
  });
});
