import { describe, expect, it } from 'vitest';
import type { Axis, Modality } from '../backend/backend';
import { change, difference, framesOf, imageParts, picturesOf, rangeOf, traces, unexplained } from './pictures';

function axis(name: string, size: number, more: Partial<Axis> = {}): Axis {
  return { name, size, step: 1, unit: '1', origin: 0, labels: [], ends: [], ...more };
}

function modality(name: string, axes: Axis[], role: Modality['role'] = 'modelled'): Modality {
  return { name, label: name, axes, unit: '1', role, dtype: 'float32' };
}

const time = axis('time', 2, { step: 0.002, unit: 's' });
const limb = modality('limb', [axis('lead', 2, { labels: ['I', 'II'] }), time]);
const chest = modality('chest', [axis('lead', 1, { labels: ['V1'] }), time]);
const rhythm = modality('rhythm', [axis('lead', 1, { labels: ['II'] }), time], 'display');
const left = modality('left', [axis('row', 1), axis('column', 2)]);
const right = modality('right', [axis('row', 1), axis('column', 2, { origin: 2 })]);
const [ecg] = picturesOf([limb, chest]);
const [digit] = picturesOf([left, right]);
if (!ecg || !digit) throw new Error('no picture');

describe('pictures', () => {
  it('put modalities with the same axes on one sheet, and a display modality on its own', () => {
    const keys = picturesOf([limb, chest, rhythm, left]).map((p) => p.modalities.map((m) => m.name).join());
    expect(keys).toEqual(['limb,chest', 'rhythm', 'left']);
  });

  it('are drawn as their axes ask for', () => {
    expect(picturesOf([limb, left, modality('vector', [axis('code', 3)])]).map((p) => p.kind)).toEqual([
      'ecg',
      'image',
      'bars',
    ]);
  });

  it('join the leads of all modalities of a layer in one trace', () => {
    const recordings = { limb: Float32Array.of(1, 2, 3, 4), chest: Float32Array.of(5, 6) };
    const [trace] = traces(ecg, [{ role: 'recorded', recordings }]);
    expect(trace?.leads).toEqual(['I', 'II', 'V1']);
    expect([...(trace?.values ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('draw only the leads that a layer has', () => {
    const [trace] = traces(ecg, [{ role: 'now', recordings: { chest: Float32Array.of(5, 6) } }]);
    expect(trace?.leads).toEqual(['V1']);
  });

  it('lie where their origin says', () => {
    const recordings = { left: Float32Array.of(0, 1), right: Float32Array.of(2, 3) };
    const parts = imageParts(digit, [{ role: 'now', recordings }]);
    expect(parts.map((part) => part.originCol)).toEqual([0, 2]);
    expect(rangeOf(digit, recordings)).toEqual([0, 3]);
  });

  it('change by the difference, value by value', () => {
    const change = difference({ left: Float32Array.of(3, 1) }, { left: Float32Array.of(1, 1) });
    expect([...(change['left'] ?? [])]).toEqual([2, 0]);
  });
});

describe('unexplained variance', () => {
  const truth = Float32Array.of(1, 2, 3, 4);

  it('is nothing for a perfect copy and one for the mean', () => {
    expect(unexplained(truth, truth)).toBe(0);
    expect(unexplained(truth, new Float32Array(4).fill(2.5))).toBeCloseTo(1);
  });

  it('counts what a wrong level leaves over', () => {
    expect(
      unexplained(
        truth,
        truth.map((value) => value + 1),
      ),
    ).toBeCloseTo(4 / 5);
  });
});

describe('a cine', () => {
  const heart = modality('cine', [axis('time', 3), axis('row', 1), axis('column', 2)]);
  const [cine] = picturesOf([heart]);
  if (!cine) throw new Error('a cine is a picture');
  const now = { cine: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const before = { cine: Uint8Array.of(1, 2, 9, 1, 5, 6) };

  it('has frames, of which one is shown', () => {
    expect(cine.kind).toBe('cine');
    expect(framesOf(cine)).toBe(3);
    expect([...(imageParts(cine, [{ role: 'now', recordings: now }], 1)[0]?.values ?? [])]).toEqual([3, 4]);
  });

  it('changes by what is subtracted, with its sign, in the frame that is shown', () => {
    expect([...(change(cine, now, before, 1)[0]?.values ?? [])]).toEqual([-6, 3]);
    expect([...(change(cine, now, before, 2)[0]?.values ?? [])]).toEqual([0, 0]);
  });

  it('has the whole grey scale where it is stored as bytes', () => {
    const [bytes] = picturesOf([{ ...heart, dtype: 'uint8' }]);
    expect(bytes && rangeOf(bytes, now)).toEqual([0, 255]);
    expect(rangeOf(cine, now)).toEqual([1, 6]);
  });
});
