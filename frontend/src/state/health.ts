/** How this workspace fares where such systems fail: a light for each place, its figure, and what to do. */

import type { Description } from '../backend/backend';
import type { Word } from './glossary';
import { count, mapLabel, percent } from './words';

export type Light = 'good' | 'watch' | 'poor' | 'unknown';

export interface Sign {
  name: string;
  light: Light;
  figure: string;
  /** Over how many, and of what. */
  n: string;
  /** Empty where all is well. */
  todo: string;
  word?: Word;
}

/** Up to the first value all is well, beyond the second it is not. The manual gives the same: docs/guide/trusting.md. */
export const LIMITS = {
  responseMs: [100, 250],
  unexplained: [0.1, 0.3],
  /** Times chance that the lower end of the interval must reach. */
  recall: [5, 1],
  stability: [0.4, 0.2],
  /** Distance of the coverage from nine tenths. */
  coverage: [0.03, 0.08],
} as const;

export const SHAPES: Readonly<Record<Light, string>> = { good: '●', watch: '▲', poor: '■', unknown: '○' };
export const LIGHT_WORDS: Readonly<Record<Light, string>> = {
  good: 'Good',
  watch: 'Watch',
  poor: 'Poor',
  unknown: 'Not known',
};

const ORDER: readonly Light[] = ['unknown', 'good', 'watch', 'poor'];
const EVALUATE = 'Run `latentspace evaluate` and open the page again.';
const FULL = 'Run `latentspace evaluate` without --quick and open the page again.';
/** Drawings that tell a response time: the first one opens the decoders. */
const ENOUGH = 20;
const GUESSES = 10;
const NINE_TENTHS = 0.9;

interface Value {
  label: string;
  value: number;
  /** What the light goes by, where it is not the value itself. */
  judged?: number;
  n: number;
  note?: string;
}

/** The worst light that is known. */
export function worst(signs: readonly Sign[]): Light {
  const places = signs.map(({ light }) => ORDER.indexOf(light));
  return ORDER[Math.max(0, ...places)] ?? 'unknown';
}

export function signsOf(description: Description, timing: { p95: number; n: number }): Sign[] {
  return [
    response(timing),
    reconstruction(description),
    alignment(description),
    stability(description),
    bands(description),
    predictions(description),
    labels(description),
  ];
}

function response({ p95, n }: { p95: number; n: number }): Sign {
  const [good] = LIMITS.responseMs;
  const light = n < ENOUGH ? 'unknown' : below(p95, LIMITS.responseMs);
  const busy = 'Close other programs on the machine that serves, and put the workspace on its own disk.';
  const todo = { good: '', watch: busy, poor: busy, unknown: `Drag a dot under Latents: ${ENOUGH} drawings tell.` };
  const figure = n ? `${Math.round(p95)} ms for 95 of 100, budget ${good} ms` : 'nothing drawn yet';
  return { name: 'Response time', light, figure, n: `${count(n)} drawn in this visit`, todo: todo[light] };
}

function reconstruction({ modalities, evaluation }: Description): Sign {
  const values = modalities.flatMap(({ name, label }) => {
    const found = evaluation[`reconstruction.${name}.unexplained_variance`];
    return found && found.value !== null ? [{ label, value: found.value, n: found.n ?? 0 }] : [];
  });
  return judged('Reconstruction', values, {
    light: (value) => below(value, LIMITS.unexplained),
    figure: (text) => `${text} of the variance is not drawn again`,
    todo: 'Train longer or with a larger preset, and look at the worst people on the page of the evaluation.',
    absent: EVALUATE,
    word: 'Reconstruction',
  });
}

function alignment({ modalities, evaluation }: Description): Sign {
  const values = pairs(modalities).flatMap(({ key, label }): Value[] => {
    const found = evaluation[`retrieval.${key}.recall_at_${GUESSES}`];
    const pool = evaluation[`retrieval.${key}.pool`]?.value;
    if (!found || found.value === null || !pool) return [];
    const chance = Math.min(1, GUESSES / pool);
    const judged = (found.low ?? found.value) / chance;
    return [{ label, value: found.value, judged, n: found.n ?? 0, note: ` (chance ${percent(chance)})` }];
  });
  return judged('Alignment', values, {
    light: (times) => above(times, LIMITS.recall),
    figure: (text) => `the right person is among ${GUESSES} guesses: ${text}`,
    todo: 'Trust no translation of single people. More people who have both recordings, or a longer training, may align them.',
    absent: EVALUATE,
    word: 'Contrastive alignment',
  });
}

function stability(description: Description): Sign {
  const values = description.maps.flatMap(({ space, method, stability }) =>
    method === 'tsne' && stability !== null
      ? [{ label: mapLabel(description, space), value: stability, n: description.n }]
      : [],
  );
  return judged('Stability of maps', values, {
    light: (value) => above(value, LIMITS.stability),
    figure: (text) => `neighbours that two t-SNE share: ${text}`,
    todo: 'Believe only islands that are on both maps (button “again”), and colour the maps by their reliability.',
    absent: 'Run `latentspace project` again and open the page again.',
    of: 'points at most',
    word: 'Second t-SNE',
  });
}

function bands({ modalities, evaluation }: Description): Sign {
  const values = pairs(modalities).flatMap(({ key, label }) =>
    covering(evaluation, `translation.${key}.coverage_90`, label),
  );
  return judged('Bands of translations', values, {
    light: (off) => below(off, LIMITS.coverage),
    figure: (text) => `90 % bands held ${text}`,
    todo: 'Take bands that held less as too narrow, those that held more as too wide; `latentspace embed` fits them anew.',
    absent: FULL,
    word: 'Uncertainty',
  });
}

function predictions({ phenotypes, evaluation }: Description): Sign {
  const all = phenotypes.flatMap(({ name, label }) =>
    covering(evaluation, `downstream.code.${name}.held_out_coverage_90`, label),
  );
  const mean = all.reduce((sum, { value }) => sum + value / all.length, 0);
  const n = Math.min(...all.map((each) => each.n));
  const values = all.length ? [{ label: 'on average', value: mean, judged: Math.abs(mean - NINE_TENTHS), n }] : [];
  const least = [...all].sort((a, b) => a.value - b.value)[0];
  return judged('Predictions', values, {
    light: (off) => below(off, LIMITS.coverage),
    figure: (text) => `90 % ranges held ${text}${least ? `, least ${percent(least.value)} (${least.label})` : ''}`,
    todo: 'Read the ranges of predictions with care, and those of small groups not at all.',
    absent: EVALUATE,
    of: 'held-out people at least',
    word: 'Predicted',
  });
}

function labels({ labels_warning: warning, people }: Description): Sign {
  const sign = { name: 'Labels seen', n: `${count(people)} people` };
  if (!warning) return { ...sign, light: 'good', figure: 'none: recordings alone taught the model', todo: '' };
  return {
    ...sign,
    light: 'watch',
    figure: warning,
    todo: 'Do not read the separation of these phenotypes as a finding.',
  };
}

interface Rule {
  light: (value: number) => Light;
  figure: (text: string) => string;
  todo: string;
  absent: string;
  of?: string;
  word: Word;
}

/** The worst of several values gives the light; all are told. */
function judged(name: string, values: readonly Value[], rule: Rule): Sign {
  const { word } = rule;
  if (!values.length) return { name, light: 'unknown', figure: 'not known', n: '–', todo: rule.absent, word };
  const lights = values.map(({ value, judged }) => rule.light(judged ?? value));
  const light = ORDER[Math.max(...lights.map((each) => ORDER.indexOf(each)))] ?? 'unknown';
  const text = values.map(({ label, value, note }) => `${label} ${percent(value)}${note ?? ''}`).join(', ');
  const n = Math.min(...values.map((each) => each.n));
  const todo = light === 'good' ? '' : rule.todo;
  return { name, light, figure: rule.figure(text), n: `${count(n)} ${rule.of ?? 'held-out people'}`, todo, word };
}

function covering(evaluation: Description['evaluation'], key: string, label: string): Value[] {
  const found = evaluation[key];
  if (!found || found.value === null) return [];
  return [{ label, value: found.value, judged: Math.abs(found.value - NINE_TENTHS), n: found.n ?? 0 }];
}

function pairs(modalities: Description['modalities']): { key: string; label: string }[] {
  const modelled = modalities.filter((m) => m.role === 'modelled');
  return modelled.flatMap((a) =>
    modelled.filter((b) => b !== a).map((b) => ({ key: `${a.name}_to_${b.name}`, label: `${a.label} → ${b.label}` })),
  );
}

function below(value: number, [good, watch]: readonly [number, number]): Light {
  if (value <= good) return 'good';
  return value <= watch ? 'watch' : 'poor';
}

function above(value: number, [good, watch]: readonly [number, number]): Light {
  if (value >= good) return 'good';
  return value >= watch ? 'watch' : 'poor';
}
