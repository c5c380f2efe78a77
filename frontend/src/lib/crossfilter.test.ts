import { describe, expect, it } from 'vitest';
import { createCrossfilter, type Brush, type CrossfilterColumn } from './crossfilter';

const N = 600;
const LEVELS = ['woman', 'man', 'other'];

/** Numbers that look random and are the same in every run (Park & Miller 1988), in (0, 1). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function cohort(seed: number): CrossfilterColumn[] {
  const random = lehmer(seed);
  const some = (value: number) => (random() < 0.1 ? NaN : value);
  return [
    {
      name: 'age',
      kind: 'numeric',
      values: Float32Array.from({ length: N }, () => some(18 + Math.floor(70 * random()))),
    },
    { name: 'bmi', kind: 'numeric', values: Float32Array.from({ length: N }, () => some(17 + 25 * random() ** 2)) },
    {
      name: 'sex',
      kind: 'levels',
      levels: LEVELS,
      values: Int16Array.from({ length: N }, () => Math.floor(4 * random()) - 1),
    },
  ];
}

/** What a brush means, said once more and one row at a time. */
function holds(column: CrossfilterColumn, brush: Brush, row: number): boolean {
  const value = column.values[row] ?? NaN;
  const missing = Number.isNaN(value) || (column.kind === 'levels' && value < 0);
  if ('low' in brush) return !missing && brush.low <= value && value <= brush.high;
  return missing ? brush.missing : brush.values.includes(column.levels?.[value] ?? '');
}

function brushesOf(random: () => number): Map<string, Brush> {
  const brushes = new Map<string, Brush>();
  if (random() < 0.6) brushes.set('age', { low: 20 + 30 * random(), high: 50 + 30 * random() });
  if (random() < 0.4)
    brushes.set('bmi', random() < 0.3 ? { values: [], missing: true } : { low: 20, high: 25 + 9 * random() });
  if (random() < 0.6) brushes.set('sex', { values: LEVELS.filter(() => random() < 0.5), missing: random() < 0.5 });
  return brushes;
}

function column(name: string, values: number[]): CrossfilterColumn {
  return { name, kind: 'numeric', values: Float32Array.from(values) };
}

describe('a crossfilter against counting by hand', () => {
  const columns = cohort(11);
  const filter = createCrossfilter({ n: N, columns });
  const random = lehmer(5);

  it.each(Array.from({ length: 40 }, (_, i) => i))('agrees in gesture %i', () => {
    const brushes = brushesOf(random);
    const lasso = random() < 0.5 ? Uint8Array.from({ length: N }, () => (random() < 0.3 ? 1 : 0)) : null;
    for (const { name } of columns) filter.setBrush(name, brushes.get(name) ?? null);
    filter.setLasso(lasso);
    const rows = Array.from({ length: N }, (_, row) => row);
    const within = (row: number, column: CrossfilterColumn): boolean => {
      const brush = brushes.get(column.name);
      return !brush || holds(column, brush, row);
    };
    const shown = rows.filter((row) => columns.every((column) => within(row, column)));
    const selected = lasso && shown.filter((row) => lasso[row]);
    expect(rows.filter((row) => filter.shown[row])).toEqual(shown);
    expect(filter.selected && rows.filter((row) => filter.selected?.[row])).toEqual(selected);
    expect(filter.total()).toEqual({ shown: shown.length, selected: selected && selected.length });
    for (const of of columns) {
      const { edges, shown: bins, selected: chosen, ...missing } = filter.counts(of.name);
      const tally = (members: readonly number[]) => countBy(of, edges, members);
      expect([...bins]).toEqual(tally(shown));
      expect(chosen && [...chosen]).toEqual(selected && tally(selected));
      const unknown = (members: readonly number[]) => members.filter((row) => isMissing(of, row)).length;
      expect(missing).toEqual({
        missing: unknown(rows),
        missingShown: unknown(shown),
        missingSelected: selected ? unknown(selected) : 0,
      });
    }
  });
});

function isMissing({ kind, values }: CrossfilterColumn, row: number): boolean {
  const value = values[row] ?? NaN;
  return Number.isNaN(value) || (kind === 'levels' && value < 0);
}

/** Levels by their code; numbers from each edge to the next, the last bin with its upper edge. */
function countBy(
  { kind, levels, values }: CrossfilterColumn,
  edges: Float32Array,
  members: readonly number[],
): number[] {
  const of = members.map((row) => values[row] ?? NaN);
  if (kind === 'levels') return (levels ?? []).map((_, code) => of.filter((value) => value === code).length);
  const last = edges.length - 2;
  return Array.from({ length: edges.length - 1 }, (_, bin) => {
    const [low = NaN, high = NaN] = edges.slice(bin, bin + 2);
    return of.filter((v) => v >= low && (bin === last ? v <= high : v < high)).length;
  });
}

describe('the bins', () => {
  const edges = (values: number[]) => [
    ...createCrossfilter({ n: values.length, columns: [column('a', values)] }).counts('a').edges,
  ];

  it('reach from the smallest to the largest value', () => {
    const found = edges([0.5, NaN, 2.75, -1.25]);
    expect(found.length).toBe(19);
    expect([found[0], found.at(-1)]).toEqual([-1.25, 2.75]);
  });

  it('of whole numbers hold equally many of them', () => {
    expect(edges([0, 1, 4])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(edges([18, 90, 44]).map((edge, i) => edge - 5 * i))).toEqual(new Set([18]));
  });

  it('are one where all values are the same, and one that is empty where all are missing', () => {
    const same = createCrossfilter({ n: 2, columns: [column('a', [1.5, 1.5])] }).counts('a');
    expect([...same.shown]).toEqual([2]);
    const none = createCrossfilter({ n: 2, columns: [column('a', [NaN, NaN])] }).counts('a');
    expect([[...none.shown], none.missing]).toEqual([[0], 2]);
  });

  it('are of everyone in every view: a brush, an outline or a group moves no edge', () => {
    const filter = createCrossfilter({ n: 4, columns: [column('a', [0, 10, 20, 40])] });
    const before = [...filter.counts('a').edges];
    filter.setBrush('a', { low: 5, high: 25 });
    filter.setLasso(Uint8Array.of(0, 1, 0, 0));
    const { edges: after, selected } = filter.counts('a');
    const group = filter.countsOf('a', Uint8Array.of(0, 1, 0, 1));
    expect([...after]).toEqual(before);
    const bin = (value: number) => before.findLastIndex((edge) => edge <= value);
    expect([selected?.indexOf(1), group.indexOf(1)]).toEqual([bin(10), bin(10)]);
    expect(group.length).toBe(before.length - 1);
  });
});

describe('a brush', () => {
  it('holds its bounds, compared as doubles: float32 .1 is above .1', () => {
    const filter = createCrossfilter({ n: 1, columns: [column('a', [0.1])] });
    filter.setBrush('a', { low: 0, high: 0.1 });
    expect(filter.total().shown).toBe(0);
    filter.setBrush('a', { low: 0.1, high: Math.fround(0.1) });
    expect(filter.total().shown).toBe(1);
  });

  it.each<[string, string, Brush]>([
    ['an unknown column', 'height', { low: 0, high: 1 }],
    ['an unknown level', 'sex', { values: ['cat'], missing: false }],
    ['bounds on levels', 'sex', { low: 0, high: 1 }],
    ['levels of a number', 'age', { values: ['60'], missing: false }],
  ])('refuses %s', (_, name, brush) => {
    const filter = createCrossfilter({ n: N, columns: cohort(2) });
    expect(() => filter.setBrush(name, brush)).toThrow(/no column|no level|has levels/);
  });

  it('of a column that is all missing, though it has levels, shows nobody unless it takes the missing', () => {
    const values = new Float32Array(3).fill(NaN);
    const filter = createCrossfilter({ n: 3, columns: [{ name: 'sex', kind: 'levels', levels: LEVELS, values }] });
    filter.setBrush('sex', { values: LEVELS, missing: false });
    expect(filter.total().shown).toBe(0);
    filter.setBrush('sex', { values: [], missing: true });
    expect(filter.total().shown).toBe(3);
  });
});

describe('what was handed out', () => {
  it('does not change with the next gesture', () => {
    const filter = createCrossfilter({ n: N, columns: cohort(3) });
    const { shown } = filter;
    const counts = filter.counts('age');
    expect(filter.counts('age')).toBe(counts);
    filter.setBrush('sex', { values: ['man'], missing: false });
    expect(shown.every((value) => value === 1)).toBe(true);
    expect(filter.counts('age')).not.toBe(counts);
  });

  it('refuses codes beyond the levels', () => {
    const columns: CrossfilterColumn[] = [{ name: 'sex', kind: 'levels', levels: LEVELS, values: Int16Array.of(3) }];
    expect(() => createCrossfilter({ n: 1, columns })).toThrow(/row 0 has the code 3/);
  });
});
