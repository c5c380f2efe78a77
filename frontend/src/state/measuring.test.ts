import { describe, expect, it } from 'vitest';
import type { Backend, Measured, Predicted } from '../backend/backend';
import { Measuring, readings } from './measuring.svelte';
import { phaseAfter } from './player.svelte';

function measured(name: string, value: number | null): Measured {
  return { name, label: name.toUpperCase(), modality: 'cine', unit: 'mL', value, reason: value === null ? 'why' : '' };
}

function predicted(name: string, value: number): Predicted {
  const bounds = { low: value - 1, high: value + 1 };
  return { name, label: name, level: '', unit: 'mL', value, ...bounds, n: 90, skill: 0.8, reason: '' };
}

describe('readings', () => {
  it('have a prediction beside them where a phenotype has their name', () => {
    const rows = readings([measured('lvedv', 120), measured('sokolow_lyon', 2)], [], [predicted('lvedv', 118)]);
    expect(rows[0]?.predicted?.value).toBe(118);
    expect(rows[1]?.predicted).toBeNull();
  });

  it('stand side by side in the order of the first list', () => {
    const rows = readings(
      [measured('lvedv', 120), measured('lvef', null)],
      [measured('lvef', 58), measured('lvedv', 131)],
    );
    expect(rows.map((row) => row.name)).toEqual(['lvedv', 'lvef']);
    expect(rows[0]?.now?.value).toBe(131);
    expect(rows[1]?.before?.reason).toBe('why');
  });

  it('wait for what is not measured yet', () => {
    expect(readings([measured('lvedv', 120)], [])[0]?.now).toBeNull();
    expect(readings([], [])).toEqual([]);
  });
});

describe('Measuring', () => {
  it('never shows the measurements of one subject beside another', async () => {
    const asked: ((answer: Measured[]) => void)[] = [];
    const backend = { measure: () => new Promise<Measured[]>((resolve) => asked.push(resolve)) };
    const measuring = new Measuring(backend as unknown as Backend);
    measuring.begin(null, new Float32Array(2));
    measuring.begin(4, new Float32Array(2));
    asked[0]?.([measured('qrs', 124)]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(measuring.readings).toEqual([]);
    asked[1]?.([measured('qrs', 84)]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(measuring.readings[0]?.before?.value).toBe(84);
  });
});

describe('Predictions', () => {
  it('come with what is drawn now, and go with the next start', async () => {
    const backend = {
      measure: () => Promise.resolve([measured('lvm', 110)]),
      predict: (_: number | null, z: Float32Array) => Promise.resolve([predicted('lvm', z[0] ?? 0)]),
    };
    const measuring = new Measuring(backend as unknown as Backend);
    measuring.begin(4, new Float32Array([1]));
    measuring.follow(4, new Float32Array([96]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(measuring.readings[0]?.predicted?.value).toBe(96);
    measuring.begin(5, new Float32Array([1]));
    expect(measuring.predicted).toEqual([]);
  });

  it('stay away where the run has none', async () => {
    const backend = {
      measure: () => Promise.resolve([measured('lvm', 110)]),
      predict: () => Promise.reject(new Error('not written yet')),
    };
    const measuring = new Measuring(backend as unknown as Backend);
    measuring.begin(4, new Float32Array(1));
    measuring.follow(4, new Float32Array(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(measuring.readings[0]?.predicted).toBeNull();
    expect(measuring.failure).toBeNull();
  });
});

describe('phaseAfter', () => {
  it('goes round once in an RR interval', () => {
    expect(phaseAfter(0.25, 250, 1000)).toBeCloseTo(0.5);
    expect(phaseAfter(0.9, 200, 1000)).toBeCloseTo(0.1);
    expect(phaseAfter(0.9, 2200, 1000)).toBeCloseTo(0.1);
  });

  it('does not go back when the clock does', () => {
    expect(phaseAfter(0.3, -50, 1000)).toBeCloseTo(0.3);
  });
});
