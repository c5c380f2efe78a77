/** What the page may ask of the server: one method is one route is one method of `Explorer` in Python. */

import type { Course } from '../lib/course';
import type { Recipe } from '../lib/recipe';
import type {
  Compared,
  CoxModels,
  Density,
  Description,
  Direction,
  Measured,
  Neighbours,
  Predicted,
  Provenance,
  RankedDim,
  SavedGroup,
  SavedView,
  ScoreTable,
  Separated,
  Survival,
  TaskScore,
} from './api.gen';

export type { Course } from '../lib/course';
export type {
  Axis,
  Compared,
  ComparedRow,
  Contrast,
  CoxModels,
  Density,
  Estimate,
  Hazards,
  Summary,
  Description,
  Direction,
  Measured,
  Modality,
  Neighbour,
  Neighbours,
  Part,
  Phenotype,
  Predicted,
  Provenance,
  RankedDim,
  SavedGroup,
  SavedView,
  ScoreTable,
  Separated,
  Space,
  Survival,
  TaskScore,
} from './api.gen';

/** A numeric column holds NaN where missing; levels and parts are codes, -1 where missing. */
export type Column = Float32Array | Int16Array;

/** Signals in their unit, or grey levels from 0 to 255. */
export type Values = Float32Array | Uint8Array;

/** One array for each modality, in the order of its axes (last axis fastest). */
export type Recordings = Record<string, Values>;

export interface Subject {
  row: number;
  id: string;
  visit: string;
  part: string;
  recordings: Recordings;
}

export interface Posterior {
  mean: Float32Array;
  logVar: Float32Array;
}

/** One modality drawn from another alone, with its 90 % band (NaN where there is none, with the reason). */
export interface Translated {
  mean: Values;
  low: Float32Array;
  high: Float32Array;
  /** Share of the values of `n` held-out people that such bands held; null where it was not judged. */
  covered: number | null;
  n: number | null;
  reason: string;
}

export type RankBy = { by: 'association'; name: string } | { by: 'variance' } | { by: 'effect'; name: string };

export type How = 'straight' | 'density';

/** A way between two codes: at each step its code, the centile of its density, and the nearest recorded row. */
export interface WalkPath {
  z: Float32Array[];
  centile: Float32Array;
  nearest: Int32Array;
  distance: Float32Array;
}

/** Whether a direction moves the shared dimensions alone, or the private ones too. */
export type Reach = Direction['reach'];
export type Moved = Direction['moves'][number];

/** Several values of one dimension; of a cine one frame. */
export interface Traversal {
  index: number;
  values: readonly number[];
  modalities: readonly string[];
  frame: number;
}

/** Three directions of length 1 in the shared code, the share of a group's variance along each, where everyone lies. */
export interface Axes {
  axes: Float32Array[];
  share: Float32Array;
  places: Float32Array[];
  middle: Float32Array;
}

/** What the model makes of files that are not of the cohort; `modalities` are those that it encoded. */
export interface Own {
  z: Float32Array;
  modalities: readonly string[];
  recordings: Recordings;
  /** The recorded RR interval, ms; NaN where there are not two beats. */
  rr: number;
  notes: readonly string[];
}

/** From which space, and by which phenotypes people are divided; null: the usual ones. */
export interface ScoreAsked {
  space: string;
  by: readonly string[] | null;
  disclosure: Disclosure;
}

export type Disclosure = Description['disclosure'];

/** What is compared: the first group with each other one, or with the rest; `adjust` null is age and sex. */
export interface CompareAsked {
  groups: readonly { name: string; recipe: Recipe }[];
  within: Recipe | null;
  adjust: readonly string[] | null;
  disclosure: Disclosure;
}

/** A group by one column; NaN where a count or figure is not told. */
export interface ToldGroup {
  /** By bin or level. */
  counts: Float32Array;
  missing: number;
  mean: number;
  sd: number;
  median: number;
}

export interface ToldColumn {
  /** Bounds of the bins; empty of levels. */
  edges: Float32Array;
  groups: readonly ToldGroup[];
}

/** Groups as the server counted them: how many in each, and by column. */
export interface Tallied {
  total: readonly number[];
  columns: ReadonlyMap<string, ToldColumn>;
}

/** Of each group how many lie in every cell of a map, row by row from the lower left of the box. */
export interface Grid {
  box: { left: number; bottom: number; right: number; top: number };
  cells: readonly Float32Array[];
}

export type TableForm = 'csv' | 'markdown' | 'html';

export interface Backend {
  describe(): Promise<Description>;
  /** Versions, settings and hashes, for the methods line of everything that is saved. */
  provenance(): Promise<Provenance>;
  /** Phenotypes, `part`, or latent dimensions such as `joint.z03`. */
  columns(names: readonly string[]): Promise<Map<string, Column>>;
  /** Text columns: `subject_id`, `visit`. */
  texts(names: readonly string[]): Promise<Map<string, string[]>>;
  /** x and y of every row, interleaved; NaN where the subject lacks the modality. */
  points(space: string, method: string): Promise<Float32Array>;
  subject(row: number): Promise<Subject>;
  encode(row: number, modalities: readonly string[]): Promise<Posterior>;
  /** The mean code of the rows with a 1. */
  mean(mask: Uint8Array): Promise<Float32Array>;
  /** Groups counted by the server, as openly as its preset allows. */
  tally(groups: readonly Recipe[], names: readonly string[]): Promise<Tallied>;
  grid(space: string, method: string, groups: readonly Recipe[]): Promise<Grid>;
  /** The mean code of a group. */
  centre(group: Recipe): Promise<Float32Array>;
  /** Every other modality as `source` alone tells it, by name. */
  translate(row: number, source: string): Promise<Map<string, Translated>>;
  decode(z: Float32Array): Promise<Recordings>;
  /** Where a code would lie on these maps, by `space.method`. */
  place(z: Float32Array, maps: readonly string[]): Promise<Map<string, [number, number]>>;
  rank(by: RankBy): Promise<RankedDim[]>;
  /** The joint dimensions by how well they part two groups. */
  separates(a: Recipe, b: Recipe): Promise<Separated>;
  axes(group: Recipe): Promise<Axes>;
  /** How far the course of a phenotype may be trusted. */
  direction(name: string, reach: Reach): Promise<Direction>;
  course(name: string, reach: Reach): Promise<Course>;
  /** What a code draws for each value. */
  traverse(z: Float32Array, asked: Traversal): Promise<Recordings[]>;
  /** What can be read from a row as recorded, or from what is drawn from a code; a row lends its RR interval. */
  measure(row: number | null, z: Float32Array | null): Promise<Measured[]>;
  /** Area of the left ventricle on every frame of each cine, cm2: of a row as recorded, or as drawn from a code. */
  areas(row: number | null, z: Float32Array | null): Promise<Recordings>;
  /** What a linear fit on other people says of a code: on others than the person of the row that it was moved from. */
  predict(row: number | null, z: Float32Array, space?: string): Promise<Predicted[]>;
  /** Prepare and encode a recording from its files by name; nothing of it is kept. */
  own(files: ReadonlyMap<string, Uint8Array>): Promise<Own>;
  /** How densely the cohort lies about a code, without the person of a row. */
  density(row: number | null, z: Float32Array): Promise<Density>;
  /** The nearest recorded rows by the shared numbers, or by all of the code; never a row of that person. */
  neighbours(row: number | null, z: Float32Array, n: number, space: 'joint' | 'code'): Promise<Neighbours>;
  interpolate(a: Float32Array, b: Float32Array, steps: number, how: How): Promise<WalkPath>;
  /** How well one space predicts every phenotype, of everyone and each group; divided by some phenotypes, or the usual. */
  score(groups: readonly Recipe[], asked: ScoreAsked): Promise<ScoreTable>;
  /** One phenotype from every space. */
  score_task(name: string, groups: readonly Recipe[], asked: ScoreAsked): Promise<TaskScore>;
  groups(): Promise<SavedGroup[]>;
  /** A new group without an id, else that one anew; a new one takes the letter of the slot if it is free. */
  save_group(name: string, recipe: Recipe, id?: string, slot?: number): Promise<SavedGroup>;
  remove_group(id: string): Promise<void>;
  compare(asked: CompareAsked): Promise<Compared>;
  compare_table(asked: CompareAsked, form: TableForm): Promise<string>;
  /** Curves of groups until an event; of everyone where there is no group. */
  survival(asked: CompareAsked, event: string): Promise<Survival>;
  /** Cox models of everyone from latents, phenotypes and both. */
  hazards(event: string, disclosure: Disclosure): Promise<CoxModels>;
  views(): Promise<SavedView[]>;
  save_view(name: string, state: object): Promise<SavedView>;
  remove_view(name: string): Promise<void>;
}

/** An answer that is not one: what was asked, what was found, what to do. */
export class BackendError extends Error {
  constructor(
    readonly code: string,
    readonly where: string,
    readonly found: string,
    readonly hint: string,
  ) {
    super(`${where}: ${found}`);
    this.name = 'BackendError';
  }
}
