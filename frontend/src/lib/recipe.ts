/** Group recipes as data, the same that Python's `latentspace.groups` reads and writes. */

/** Numeric values in [low, high]; a missing value is never inside. */
export interface Between {
  kind: 'between';
  column: string;
  low: number;
  high: number;
}

/** Any of these levels; `missing` adds those whose value is not known, on numeric columns too. */
export interface OneOf {
  kind: 'one_of';
  column: string;
  values: readonly string[];
  missing: boolean;
}

/** Points of one map inside a polygon, in the coordinates of the map. */
export interface Inside {
  kind: 'inside';
  run: string;
  space: string;
  method: string;
  polygon: Polygon;
  /** Hash of the run's maps when it was drawn: on maps that were drawn anew it selects other people. */
  map?: string;
}

export type Polygon = readonly (readonly [number, number])[];

export interface AllOf {
  kind: 'all_of';
  of: readonly Recipe[];
}

export interface AnyOf {
  kind: 'any_of';
  of: readonly Recipe[];
}

export interface Not {
  kind: 'not';
  of: Recipe;
}

export type Recipe = Between | OneOf | Inside | AllOf | AnyOf | Not;
