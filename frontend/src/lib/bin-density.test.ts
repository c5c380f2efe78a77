import { describe, expect, it } from 'vitest';
import { binDensity } from './bin-density';

describe('a density from bins', () => {
  it('is the share of the people in each cell, and adds up to what lies in the domain', () => {
    const density = binDensity(Float32Array.of(0, 10, 20, 30, 40), Uint32Array.of(0, 30, 10, 0), [0, 40], 80);
    expect(density.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 6);
    expect([29, 30]).toContain(density.indexOf(Math.max(...density))); // about 15, the middle of the fullest bin
    expect(density[29]).toBeCloseTo((30 / 40 / 10) * 0.5, 2);
    expect(density[0]).toBe(0);
  });

  it('has nobody where a count is not told, and is nothing where none is', () => {
    const edges = Float32Array.of(0, 1, 2);
    const told = binDensity(edges, Float32Array.of(NaN, 20), [0, 2], 4);
    expect([...told].every(Number.isFinite)).toBe(true);
    expect(told[3]).toBeGreaterThan(told[0] ?? NaN);
    expect([...binDensity(edges, Float32Array.of(NaN, NaN), [0, 2], 4)]).toEqual([0, 0, 0, 0]);
  });

  it('of levels has one hill for each, at 0, 1, ...', () => {
    const density = binDensity(new Float32Array(), Uint32Array.of(30, 10), [0, 1], 3);
    expect((density[0] ?? NaN) > (density[2] ?? NaN)).toBe(true);
  });
});
