/** Which modalities are parts of one picture, and how that picture is drawn. */

import type { Description, Modality, Recordings, Values } from '../backend/backend';

const NO_AXIS = { size: 0, origin: 0, step: 1, ends: [] as string[] };

export interface Picture {
  key: string;
  label: string;
  kind: 'ecg' | 'image' | 'cine' | 'bars';
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
  if (names === 'time,row,column') return 'cine';
  return names === 'row,column' ? 'image' : 'bars';
}

export function hasCine(description: Pick<Description, 'modalities'>): boolean {
  return description.modalities.some((modality) => modality.role === 'modelled' && kindOf(modality) === 'cine');
}

/** Sum of squared differences over the sum of squares about the recording's own mean: 0 is a perfect copy.
 *  (Evaluation compares with the typical recording of the cohort, which makes a harder measure.) */
export function unexplained(truth: Values, drawn: Values): number {
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

/** How a layer is drawn: `recorded` grey and solid, `now` generated, `change` brighter or darker; the bounds of a band
 *  (`low`, `high`) filled between, its half width (`unsure`) in the colours of the maps. */
export type Role = 'recorded' | 'now' | 'change' | 'low' | 'high' | 'unsure';

export interface Layer {
  role: Role;
  recordings: Recordings;
}

export interface Trace {
  role: 'recorded' | 'now' | 'low' | 'high';
  leads: string[];
  values: Float32Array;
  samples: number;
  step: number;
}

export interface ImagePart {
  values: Values;
  rows: number;
  cols: number;
  originRow: number;
  originCol: number;
  role: Role;
}

/** What of the layers belongs to this picture, as (modality, values, role). */
function pieces(picture: Picture, layers: readonly Layer[]): { modality: Modality; values: Values; role: Role }[] {
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
    const role = layer.role === 'change' || layer.role === 'unsure' ? 'now' : layer.role;
    return [{ role, leads, values, samples: time.size, step: time.step }];
  });
}

/** Frames of a cine; 1 of a still image. */
export function framesOf(picture: Picture): number {
  return picture.kind === 'cine' ? (picture.modalities[0]?.axes[0]?.size ?? 1) : 1;
}

/** The parts of a picture, of a cine those of one frame. */
export function imageParts(picture: Picture, layers: readonly Layer[], frame = 0): ImagePart[] {
  return pieces(picture, layers).map(({ modality, values, role }) => {
    const [rows = NO_AXIS, cols = NO_AXIS] = modality.axes.slice(-2);
    const originRow = Math.round(rows.origin / rows.step);
    const originCol = Math.round(cols.origin / cols.step);
    const size = rows.size * cols.size;
    const shown = picture.kind === 'cine' ? values.subarray(frame * size, (frame + 1) * size) : values;
    return { values: shown, rows: rows.size, cols: cols.size, originRow, originCol, role };
  });
}

/** The patient's sides at the edges of an image; null where it has no orientation. */
export function endsOf(picture: Picture): { top: string; bottom: string; left: string; right: string } | null {
  const [rows = NO_AXIS, cols = NO_AXIS] = picture.modalities[0]?.axes.slice(-2) ?? [];
  const [top, bottom] = rows.ends;
  const [left, right] = cols.ends;
  return top && bottom && left && right ? { top, bottom, left, right } : null;
}

/** Smallest and largest value of the picture, for its grey scale. */
export function rangeOf(picture: Picture, recordings: Recordings): [number, number] {
  if (picture.modalities.some((m) => m.dtype === 'uint8')) return [0, 255];
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
    Object.entries(a).map(([name, values]) => [
      name,
      Float32Array.from(values, (value, i) => value - (b[name]?.[i] ?? NaN)),
    ]),
  );
}

/** `a - b` of the modalities of a picture; of a cine, only the frame that is shown: a drag has no time for fifty. */
export function change(picture: Picture, a: Recordings, b: Recordings, frame: number): ImagePart[] {
  const parts = (recordings: Recordings) => imageParts(picture, [{ role: 'change', recordings }], frame);
  const before = parts(b);
  return parts(a).map((part, k) => ({
    ...part,
    values: Float32Array.from(part.values, (value, i) => value - (before[k]?.values[i] ?? NaN)),
  }));
}
