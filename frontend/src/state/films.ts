/** The filmstrips of a walk: which recordings, at which frame, and the lines of those that are no images. */

import type { Modality, Recordings } from '../backend/backend';
import { framesOf, imageParts, picturesOf, traces, type Picture } from './pictures';

export interface Film {
  key: string;
  title: string;
  detail: string;
  picture: Picture;
  frame: number;
}

/** Leads that a thumbnail has room for; the first two of an ECG without them. */
const LEADS = ['II', 'V1'];

/** A cine twice, at its first frame and where it has moved most; anything else once. */
export function filmsOf(modalities: readonly Modality[], moved: (picture: Picture) => number): Film[] {
  const pictures = picturesOf(modalities.filter((m) => m.role === 'modelled'));
  const order = (picture: Picture) => (picture.kind === 'cine' || picture.kind === 'image' ? 0 : 1);
  return [...pictures].sort((a, b) => order(a) - order(b)).flatMap((picture) => films(picture, moved));
}

function films(picture: Picture, moved: (picture: Picture) => number): Film[] {
  const { key, label } = picture;
  if (picture.kind !== 'cine') {
    const detail = picture.kind === 'ecg' ? 'one beat' : '';
    return [{ key, title: label, detail, picture, frame: 0 }];
  }
  return [
    { key: `${key} ED`, title: 'End diastole', detail: `${label}, ED`, picture, frame: 0 },
    { key: `${key} ES`, title: 'End systole', detail: `${label}, ES`, picture, frame: moved(picture) },
  ];
}

/** The frame of a cine that differs most from its first. */
export function farthestFrame(picture: Picture, recordings: Recordings | null): number {
  if (!recordings) return 0;
  const at = (frame: number) => imageParts(picture, [{ role: 'now', recordings }], frame)[0]?.values ?? [];
  const first = at(0);
  let [best, most] = [0, -1];
  for (let frame = 1; frame < framesOf(picture); frame++) {
    const values = at(frame);
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += ((values[i] ?? 0) - (first[i] ?? 0)) ** 2;
    if (sum > most) [best, most] = [frame, sum];
  }
  return best;
}

/** The lines of a thumbnail: two leads of an ECG, or all values of a vector in a row. */
export function tileLines(picture: Picture, recordings: Recordings): { name: string; values: Float32Array }[] {
  if (picture.kind !== 'ecg') {
    return picture.modalities.flatMap(({ name, label }) => {
      const values = recordings[name];
      return values ? [{ name: label, values: Float32Array.from(values) }] : [];
    });
  }
  const [trace] = traces(picture, [{ role: 'now', recordings }]);
  if (!trace) return [];
  const known = LEADS.filter((lead) => trace.leads.includes(lead));
  const chosen = known.length === LEADS.length ? known : trace.leads.slice(0, LEADS.length);
  return chosen.map((name) => {
    const i = trace.leads.indexOf(name);
    return { name, values: trace.values.subarray(i * trace.samples, (i + 1) * trace.samples) };
  });
}

/** Smallest and largest value of all lines. */
export function rangeOfLines(lines: readonly { values: Float32Array }[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of lines) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low < high ? [low, high] : [0, 1];
}
