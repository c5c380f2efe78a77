import { expect, test } from 'vitest';
import type { Description } from '../backend/backend';
import { LIMITS, signsOf, worst, type Light, type Sign } from './health';

const AXES = [{ name: 'value', size: 4, unit: '', origin: 0, step: 1, labels: [], ends: [] }];
const modality = (name: string) => ({
  name,
  label: name.toUpperCase(),
  axes: AXES,
  unit: '',
  role: 'modelled' as const,
  dtype: 'float32' as const,
});
const figure = (value: number, low: number | null = null) => ({ value, low, high: null, n: 400, reason: null });

function description(evaluation: Description['evaluation'], rest: Partial<Description> = {}): Description {
  return {
    workspace: 'w',
    brought: false,
    title: '',
    simulator: '',
    run: '',
    labels_warning: '',
    version: '',
    n: 2000,
    people: 2000,
    held_out: 400,
    modalities: [modality('a'), modality('b')],
    spaces: [],
    layout: [],
    n_latent: 0,
    phenotypes: [],
    told: [],
    maps: [],
    evaluation,
    map_hash: 'm',
    disclosure: 'laptop',
    ...rest,
  };
}

const idle = { p95: NaN, n: 0 };
const sign = (name: string, about: Description, timing = idle): Sign | undefined =>
  signsOf(about, timing).find((each) => each.name === name);

test('a run that was not evaluated says what to run, and has no light', () => {
  const signs = signsOf(description({}), idle);
  expect(worst(signs)).toBe<Light>('good');
  const silent = signs.filter(({ light }) => light === 'unknown').map(({ name, todo }) => [name, todo]);
  expect(silent.map(([name]) => name)).toEqual([
    'Response time',
    'Reconstruction',
    'Alignment',
    'Stability of maps',
    'Bands of translations',
    'Predictions',
  ]);
  expect(silent.filter(([, todo]) => todo?.includes('latentspace evaluate'))).toHaveLength(4);
});

test('the worst of the modalities gives the light, and both are told', () => {
  const about = description({
    'reconstruction.a.unexplained_variance': figure(0.05),
    'reconstruction.b.unexplained_variance': figure(LIMITS.unexplained[1] + 0.01),
  });
  const found = sign('Reconstruction', about);
  expect(found?.light).toBe('poor');
  expect(found?.figure).toContain('A 5.0 %, B 31 %');
  expect(found?.n).toBe('400 held-out people');
  expect(worst(signsOf(about, idle))).toBe('poor');
});

test('alignment is held against chance by the lower end of its interval', () => {
  const recall = (low: number) =>
    sign(
      'Alignment',
      description({
        'retrieval.a_to_b.recall_at_10': figure(0.2, low),
        'retrieval.a_to_b.pool': figure(400),
      }),
    );
  expect(recall(0.13)?.light).toBe('good');
  expect(recall(0.12)?.light).toBe('watch');
  expect(recall(0.02)?.light).toBe('poor');
  expect(recall(0.13)?.figure).toContain('A → B 20 % (chance 2.5 %)');
});

test('bands that hold too much are as wrong as those that hold too little', () => {
  const lightAt = (value: number) =>
    sign('Bands of translations', description({ 'translation.a_to_b.coverage_90': figure(value) }))?.light;
  expect([0.9, 0.86, 0.94, 0.81, 0.99].map(lightAt)).toEqual(['good', 'watch', 'watch', 'poor', 'poor']);
});

test('the response time has its budget', () => {
  const at = (p95: number, n = 20) => sign('Response time', description({}), { p95, n })?.light;
  expect(at(251, 19)).toBe('unknown');
  expect([60, 100, 101, 251].map((p95) => at(p95))).toEqual(['good', 'good', 'watch', 'poor']);
});

test('labels that were seen are told', () => {
  expect(sign('Labels seen', description({}))?.light).toBe('good');
  expect(sign('Labels seen', description({}, { labels_warning: 'has seen age' }))?.figure).toBe('has seen age');
});
