/** Which modalities are parts of one picture, and how that picture is drawn. */

import type { Modality } from '../backend/backend';

export interface Picture {
  key: string;
  label: string;
  kind: 'ecg' | 'image' | 'bars';
  modalities: Modality[];
}

/** Modelled modalities whose axes have the same names and units share a picture; display ones stand alone. */
export function picturesOf(modalities: readonly Modality[]): Picture[] {
  const pictures: Picture[] = [];
  for (const modality of modalities) {
    const key = signature(modality);
    const there = pictures.find((p) => p.key === key);
    if (there) there.modalities.push(modality);
    else pictures.push({ key, label: '', kind: kindOf(modality), modalities: [modality] });
  }
  return pictures.map((p) => ({ ...p, label: p.modalities.map((m) => m.label).join(' and ') }));
}

function signature(modality: Modality): string {
  if (modality.role === 'display') return modality.name;
  return modality.axes.map((axis) => `${axis.name} (${axis.unit})`).join(' x ');
}

function kindOf(modality: Modality): Picture['kind'] {
  const names = modality.axes.map((axis) => axis.name).join();
  if (names === 'lead,time') return 'ecg';
  return names === 'row,column' ? 'image' : 'bars';
}

/** Sum of squared differences over the sum of squares about the recording's own mean: 0 is a perfect copy. */
export function unexplained(truth: Float32Array, drawn: Float32Array): number {
  let mean = 0;
  for (const value of truth) mean += value / truth.length;
  let residual = 0;
  let total = 0;
  truth.forEach((value, i) => {
    residual += (value - (drawn[i] ?? NaN)) ** 2;
    total += (value - mean) ** 2;
  });
  return residual / total;
}
