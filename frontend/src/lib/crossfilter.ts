/** Linked charts: brushes decide who is shown, the lasso who of them is selected; counts follow in every column. */

import { binned, type Bins } from './bins';
import { binMedian } from './bin-median';
import { both, createTallies, tallied } from './tally';

/** Numbers in [low, high], or some levels, with or without those whose value is missing. */
export type Brush = { low: number; high: number } | { values: readonly string[]; missing: boolean };

export interface CrossfilterColumn {
  name: string;
  kind: 'numeric' | 'levels';
  /** NaN where a number is missing; codes of levels with a negative one (or NaN) where the level is. */
  values: Float32Array | Int16Array;
  levels?: readonly string[];
}

/** Counts by bin or level; NaN where one is not told. */
export type Tally = Uint32Array | Float32Array;

/** Counts in each bin or level of one column; the same object until a mask changes. */
export interface Counts {
  /** Bounds of the bins of a numeric column, one more than there are bins; empty for levels. */
  edges: Float32Array;
  shown: Tally;
  /** Null without a lasso. */
  selected: Tally | null;
  missing: number;
  missingShown: number;
  missingSelected: number;
}

export interface Crossfilter {
  /** Null clears the brush. @throws Error for an unknown column or level, or bounds on levels. */
  setBrush(name: string, brush: Brush | null): void;
  /** The rows of the lasso, before the brushes; null clears it. */
  setLasso(mask: Uint8Array | null): void;
  /** 1 where every brush holds; a new array after every change. */
  readonly shown: Uint8Array;
  /** 1 where shown and in the lasso; null without a lasso. */
  readonly selected: Uint8Array | null;
  counts(name: string): Counts;
  /** Rows of a mask in each bin or level of a column. */
  countsOf(name: string, mask: Uint8Array): Uint32Array;
  /** Medians of the known numbers of a column among those shown and those selected; NaN of none. */
  medians(name: string): { shown: number; selected: number | null };
  total(): { shown: number; selected: number | null };
}

/** The largest of some counts that are told, at least 1: what fills a bar. */
export function mostOf({ shown, missingShown }: Pick<Counts, 'shown' | 'missingShown'>): number {
  return [...shown, missingShown].reduce((most, n) => (n > most ? n : most), 1);
}

interface Column extends CrossfilterColumn {
  bins: Bins;
}

export function createCrossfilter(of: { n: number; columns: readonly CrossfilterColumn[] }): Crossfilter {
  const columns = new Map(of.columns.map((column) => [column.name, { ...column, bins: binned(column) }]));
  const brushed = new Map<string, Uint8Array>();
  const counted = new Map<string, Counts>();
  const tallies = createTallies(of.n);
  let lasso: Uint8Array | null = null;

  const column = (name: string): Column => {
    const found = columns.get(name);
    if (!found) throw new Error(`no column ${name}`);
    return found;
  };
  const change = (shown: Uint8Array): void => {
    tallies.change(shown, lasso);
    counted.clear();
  };

  return {
    setBrush(name, brush) {
      if (brush) brushed.set(name, maskOf(column(name), brush));
      else brushed.delete(name);
      const [first, ...others] = brushed.values();
      change(first ? others.reduce(both, first) : new Uint8Array(of.n).fill(1));
    },
    setLasso(mask) {
      lasso = mask;
      change(tallies.masks.shown);
    },
    get shown() {
      return tallies.masks.shown;
    },
    get selected() {
      return tallies.masks.selected;
    },
    counts(name) {
      const known =
        counted.get(name) ?? countsOf(column(name).bins, tallies.of(name, column(name).bins), lasso !== null);
      counted.set(name, known);
      return known;
    },
    countsOf(name, mask) {
      const { bins } = column(name);
      return tallied(bins, mask).slice(bins.missing + 1, 2 * bins.missing + 1);
    },
    medians(name) {
      const { bins, values } = column(name);
      const of = (least: 1 | 2) => binMedian(values, bins, tallies.of(name, bins), tallies.masks.states, least);
      return { shown: of(1), selected: lasso && of(2) };
    },
    total: () => ({ shown: tallies.total.shown, selected: lasso && tallies.total.selected }),
  };
}

/** Who is in a brush of one column, by the same tests as the linked charts. @throws Error as `setBrush`. */
export function brushMask(column: CrossfilterColumn, brush: Brush): Uint8Array {
  if ('low' in brush) return between(column, brush.low, brush.high);
  return maskOf({ ...column, bins: binned(column) }, brush);
}

/** Who is in the brush; numbers are compared as doubles, as Python does. */
function maskOf(column: Column, brush: Brush): Uint8Array {
  if ('low' in brush) return between(column, brush.low, brush.high);
  const { codes, missing } = column.bins;
  const wanted = new Uint8Array(missing + 1);
  for (const level of brush.values) wanted[codeOf(column, level)] = 1;
  wanted[missing] = brush.missing ? 1 : 0;
  const mask = new Uint8Array(codes.length);
  for (let i = 0; i < mask.length; i++) mask[i] = wanted[codes[i] ?? missing] ?? 0;
  return mask;
}

function between({ name, kind, values }: CrossfilterColumn, low: number, high: number): Uint8Array {
  if (kind === 'levels') throw new Error(`${name} has levels, not numbers`);
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) {
    const value = values[i] ?? NaN;
    mask[i] = value >= low && value <= high ? 1 : 0;
  }
  return mask;
}

function codeOf({ name, kind, levels = [] }: CrossfilterColumn, level: string): number {
  const code = kind === 'levels' ? levels.indexOf(level) : -1;
  if (code < 0) throw new Error(`${name} has no level ${level}`);
  return code;
}

function countsOf({ missing, edges, missingCount }: Bins, tally: Uint32Array, lassoed: boolean): Counts {
  const size = missing + 1;
  const chosen = tally.subarray(2 * size);
  const all = tally.slice(size, 2 * size).map((count, bin) => count + (chosen[bin] ?? 0));
  return {
    edges,
    shown: all.slice(0, missing),
    selected: lassoed ? chosen.slice(0, missing) : null,
    missing: missingCount,
    missingShown: all[missing] ?? 0,
    missingSelected: chosen[missing] ?? 0,
  };
}
