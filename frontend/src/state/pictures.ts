/** Which modalities are parts of one picture, and how that picture is drawn. */

import type { Modality, Recordings } from '../backend/backend';

const NO_AXIS = { size: 0, origin: 0, step: 1 };

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

/** Sum of squared differences over the sum of squares about the recording's own mean: 0 is a perfect copy.
 *  (Evaluation compares with the typical recording of the cohort, which makes a harder measure.) */
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

/** How a layer is drawn: `recorded` grey and solid, `now` generated, `change` brighter or darker. */
export type Role = 'recorded' | 'now' | 'change';

export interface Layer {
  role: Role;
  recordings: Recordings;
}

export interface Trace {
  role: 'recorded' | 'now';
  leads: string[];
  values: Float32Array;
  samples: number;
  step: number;
}

export interface ImagePart {
  values: Float32Array;
  rows: number;
  cols: number;
  originRow: number;
  originCol: number;
  role: Role;
}

/** What of the layers belongs to this picture, as (modality, values, role). */
function pieces(
  picture: Picture,
  layers: readonly Layer[],
): { modality: Modality; values: Float32Array; role: Role }[] {
  return layers.flatMap(({ role, recordings }) =>
    picture.modalities.flatMap((modality) => {
      const values = recordings[modality.name];
      return values ? [{ modality, values, role }] : [];
    }),
  );
}

/** One trace for each layer: leads of all modalities, one after another. */
export function traces(picture: Picture, layers: readonly Layer[]): Trace[] {
  return layers.flatMap((layer) => {
    const parts = pieces(picture, [layer]);
    const time = parts[0]?.modality.axes[1];
    if (!time) return [];
    const values = new Float32Array(parts.reduce((n, part) => n + part.values.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part.values, at);
      at += part.values.length;
    }
    const leads = parts.flatMap((part) => part.modality.axes[0]?.labels ?? []);
    const role = layer.role === 'recorded' ? 'recorded' : 'now';
    return [{ role, leads, values, samples: time.size, step: time.step }];
  });
}

export function imageParts(picture: Picture, layers: readonly Layer[]): ImagePart[] {
  return pieces(picture, layers).map(({ modality, values, role }) => {
    const [rows = NO_AXIS, cols = NO_AXIS] = modality.axes;
    const originRow = Math.round(rows.origin / rows.step);
    const originCol = Math.round(cols.origin / cols.step);
    return { values, rows: rows.size, cols: cols.size, originRow, originCol, role };
  });
}

/** Smallest and largest value of the picture, for its grey scale. */
export function rangeOf(picture: Picture, recordings: Recordings): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const { values } of pieces(picture, [{ role: 'now', recordings }])) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low < high ? [low, high] : [0, 1];
}

/** `a - b`, modality by modality. */
export function difference(a: Recordings, b: Recordings): Recordings {
  return Object.fromEntries(
    Object.entries(a).map(([name, values]) => [name, values.map((value, i) => value - (b[name]?.[i] ?? NaN))]),
  );
}
