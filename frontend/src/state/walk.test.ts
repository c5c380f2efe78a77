import { describe, expect, it } from 'vitest';
import type { Measured, Predicted } from '../backend/backend';
import { ordinal, whereWords } from './density-words';
import { Filled } from './filled.svelte';
import { at, departures, lines } from './walk-lines';

function predicted(name: string, value: number, half: number): Predicted {
  const bounds = { low: value - half, high: value + half };
  return { name, label: name, level: '', unit: 'mL', value, ...bounds, n: 90, skill: 0.8, reason: '' };
}

const rest = () => new Promise((resolve) => setTimeout(resolve));

describe('departures', () => {
  it('are the stretches below the centile, ends included', () => {
    expect(departures(Float32Array.from([3, 9, 4, 4.9, 5, 60, 1]), 5)).toEqual([
      [0, 0],
      [2, 3],
      [6, 6],
    ]);
    expect(departures(Float32Array.from([5, 50]), 5)).toEqual([]);
  });
});

describe('lines', () => {
  const measured: Measured = { name: 'qrs', label: 'QRS', modality: 'ecg', unit: 'ms', value: 94, reason: '' };
  const known = {
    predicted: new Map([
      [60, [predicted('age', 60, 10), predicted('qrs', 140, 10), predicted('ef', 58, 1)]],
      [0, [predicted('age', 50, 10), predicted('qrs', 90, 10), predicted('ef', 60, 1)]],
    ]),
    measured: new Map([[0, [measured, { ...measured, name: 'ef' }]]]),
  };
  const { both, others } = lines(known, [], new Map());

  it('put first what both know, the largest change for its interval at the top', () => {
    expect(both.map((line) => line.key)).toEqual(['qrs', 'ef']);
    expect(others.map((line) => line.key)).toEqual(['age']);
  });

  it('run from A to B whatever was answered first', () => {
    expect(both[0]?.predicted.map((p) => p.step)).toEqual([0, 60]);
    expect(both[0]?.domain).toEqual([80, 150]);
  });

  it('say the nearest step that is answered', () => {
    expect(at(both[0]?.predicted ?? [], 20)?.value).toBe(90);
    expect(at(both[0]?.predicted ?? [], 40)?.value).toBe(140);
    expect(at([], 3)).toBeNull();
  });
});

describe('Filled', () => {
  it('answers the step that is looked at before the others, and nothing of an earlier path', async () => {
    const asked: [z: number, answer: (value: number) => void][] = [];
    const filled = new Filled(
      ([z = NaN]) => new Promise<number>((resolve) => asked.push([z, resolve])),
      () => undefined,
    );
    const codes = (from: number) => [0, 1, 2, 3].map((i) => Float32Array.of(from + i));
    filled.begin(codes(0), [0, 1, 2, 3]);
    filled.begin(codes(10), [0, 1]);
    filled.prefer(3);
    asked[0]?.[1](-1);
    await rest();
    expect(filled.answers.size).toBe(0);
    expect(asked.map(([z]) => z)).toEqual([0, 13]);
    asked[1]?.[1](103);
    await rest();
    expect([...filled.answers]).toEqual([[3, 103]]);
    expect(asked.map(([z]) => z)).toEqual([0, 13, 10]);
  });

  it('waits for the list in front, but not with the step that is looked at', async () => {
    const asked: [z: number, answer: () => void][] = [];
    const ask = (from: number) => (z: Float32Array) =>
      new Promise<number>((resolve) => asked.push([from + (z[0] ?? NaN), () => resolve(0)]));
    const pictures = new Filled(ask(0), () => undefined);
    const lines = new Filled(ask(100), () => undefined, pictures);
    const codes = [0, 1, 2].map((i) => Float32Array.of(i));
    pictures.begin(codes, [0, 1]);
    lines.begin(codes, [0, 1]);
    lines.prefer(2);
    expect(asked.map(([z]) => z)).toEqual([0, 102]);
    for (let i = 0; i < 5; i++) {
      asked[i]?.[1]();
      await rest();
    }
    expect(asked.map(([z]) => z)).toEqual([0, 102, 1, 100, 101]);
  });
});

describe('a centile in words', () => {
  it('has the ending of its number and the place that Python names', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 17, 21, 100].map(ordinal).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 17th 21st 100th',
    );
    expect([4.9, 5, 9.9, 10].map(whereWords)).toEqual(['outside', 'at the edge', 'at the edge', 'inside']);
  });
});
