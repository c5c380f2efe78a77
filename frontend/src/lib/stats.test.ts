import { describe, expect, it } from 'vitest';
import { density, median, quartiles } from './stats';

/** Numbers that look random and are the same in every run (Park & Miller 1988), in (0, 1). */
function* lehmer(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}

describe('quartiles', () => {
  it.each([1, 2, 5, 100, 1001])('are the values at a quarter and three quarters of %i sorted ones', (n) => {
    const random = lehmer(n);
    const values = Float32Array.from({ length: n }, () => random.next().value);
    const sorted = [...values].sort((a, b) => a - b);
    const [low, high] = [0.25, 0.75].map((share) => sorted[Math.round(share * (n - 1))]);
    expect(quartiles(Float32Array.of(NaN, ...values, NaN))).toEqual([low, high]);
  });

  it('of nobody are NaN', () => {
    expect(quartiles(Float32Array.of(NaN))).toEqual([NaN, NaN]);
  });
});

describe('median', () => {
  it.each([1, 2, 3, 10, 101, 1000])('is the middle of %i sorted values, of all and of a mask', (n) => {
    const random = lehmer(n);
    const values = Float32Array.from({ length: n }, () => Math.round(40 * random.next().value) / 8);
    const mask = Uint8Array.from({ length: n }, (_, i) => (i === 0 || random.next().value < 0.5 ? 1 : 0));
    for (const of of [null, mask]) {
      const sorted = [...values].filter((_, i) => of?.[i] !== 0).sort((a, b) => a - b);
      const middle = (sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN);
      expect(median(values, of)).toBe(middle / 2);
    }
  });

  it('leaves out what is missing', () => {
    expect(median(Float32Array.of(NaN, 3, NaN, 1, 8), null)).toBe(3);
  });

  it('of nobody is NaN', () => {
    expect(median(Float32Array.of(1, 2), Uint8Array.of(0, 0))).toBeNaN();
    expect(median(Float32Array.of(NaN), null)).toBeNaN();
  });

  it('does not reorder the values that it was given', () => {
    const values = Float32Array.of(3, 1, 2);
    median(values, null);
    expect(values).toEqual(Float32Array.of(3, 1, 2));
  });
});

describe('density', () => {
  const random = lehmer(3);
  const normal = Float32Array.from({ length: 4000 }, () => {
    const [u, v] = [random.next().value, random.next().value];
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });

  it('follows the sum of one Gaussian for every value', () => {
    const found = density(normal, null, [-4, 4], 80);
    const mean = normal.reduce((sum, value) => sum + value / normal.length, 0);
    const sd = Math.sqrt(normal.reduce((sum, value) => sum + (value - mean) ** 2 / normal.length, 0));
    const width = 1.06 * sd * normal.length ** -0.2;
    const kernel = (distance: number) => Math.exp(-0.5 * (distance / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
    found.forEach((share, i) => {
      const centre = -4 + (i + 0.5) * 0.1;
      const direct = normal.reduce((sum, value) => sum + kernel(centre - value), 0) / normal.length;
      expect(Math.abs(share - direct * 0.1)).toBeLessThan(0.0005);
    });
  });

  it('adds up to the share of the values that lie in the domain', () => {
    const half = density(normal, null, [-10, 0], 100).reduce((sum, share) => sum + share, 0);
    const below = normal.filter((value) => value < 0).length / normal.length;
    expect(Math.abs(half - below)).toBeLessThan(0.02);
  });

  it('looks only at the rows of the mask', () => {
    const mask = normal.map((value) => (value > 0 ? 1 : 0));
    const some = density(normal, Uint8Array.from(mask), [-4, 4], 20);
    expect(some).toEqual(
      density(
        normal.filter((value) => value > 0),
        null,
        [-4, 4],
        20,
      ),
    );
  });

  it('is flat zero of nobody, and a narrow hill where all are the same', () => {
    expect(density(Float32Array.of(NaN), null, [0, 1], 4)).toEqual(new Float32Array(4));
    const hill = density(new Float32Array(9).fill(0.5), null, [0, 1], 11);
    expect(hill.indexOf(Math.max(...hill))).toBe(5);
    expect(hill.every(Number.isFinite)).toBe(true);
  });
});
