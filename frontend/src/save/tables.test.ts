import { describe, expect, it } from 'vitest';
import type { Phenotype } from '../backend/backend';
import type { Preset } from '../lib/disclosure';
import { createCrossfilter } from '../lib/crossfilter';
import { chartsTable, summaryTable, type Charted, type People } from './tables';

function phenotype(name: string, levels: string[]): Phenotype {
  const common = {
    label: name,
    unit: '',
    section: '',
    codes: [],
    missing: [],
    range: null,
    sensitive: false,
    event: '',
  };
  return { ...common, name, levels, kind: levels.length ? 'nominal' : 'continuous' };
}

const AGE = Float32Array.of(1, 2, 3, 4, 100, NaN, 7, 8);
const SEX = Int16Array.of(0, 0, 1, 1, 1, -1, 0, 1);
const LASSO = Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 0);

function asked(
  lasso: Uint8Array,
  ids = 'abcdefgh',
  disclosure: Preset = 'laptop',
): { charts: Charted[]; people: People } {
  const columns = [
    { name: 'age', kind: 'numeric' as const, values: AGE, levels: [] },
    { name: 'sex', kind: 'levels' as const, values: SEX, levels: ['woman', 'man'] },
  ];
  const filter = createCrossfilter({ n: 8, columns });
  filter.setLasso(lasso);
  const charts = columns.map(({ name, values, levels }) => ({
    phenotype: phenotype(name, levels),
    values,
    counts: filter.counts(name),
  }));
  return { charts, people: { shown: filter.shown, selected: filter.selected, ids: ids.split(''), disclosure } };
}

describe('the summary', () => {
  it('has mean, SD with n - 1, number and missing of those shown and selected', () => {
    const { charts, people } = asked(LASSO);
    const [age = []] = summaryTable(charts, people).rows;
    // By hand: 1, 2, 3, 4, 100, 7, 8 and 1, 2, 3, 4, 100.
    expect(age.slice(4, 6)).toEqual([7, null]);
    expect(age[6]).toBeCloseTo(125 / 7, 12);
    expect(age[7]).toBeCloseTo(Math.sqrt((10143 - 125 ** 2 / 7) / 6), 10);
    expect(age.slice(8, 11)).toEqual([1, 5, null]);
    expect(age[11]).toBe(22);
    expect(age[12]).toBeCloseTo(Math.sqrt((10030 - 5 * 22 ** 2) / 4), 10);
    expect(age[13]).toBe(1);
  });

  it('has number and share of the known of each level', () => {
    const { charts, people } = asked(LASSO);
    const [, woman = [], man = []] = summaryTable(charts, people).rows;
    expect(woman).toEqual(['sex', 'sex', '', 'woman', 3, 3 / 7, null, null, 1, 2, 2 / 5, null, null, 1]);
    expect(man).toEqual(['sex', 'sex', '', 'man', 4, 4 / 7, null, null, 1, 3, 3 / 5, null, null, 1]);
  });

  it('says nothing of fewer than five persons, however many visits they have', () => {
    for (const [lasso, ids] of [
      [Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0), 'abcdefgh'],
      [LASSO, 'aabbccgh'],
    ] as const) {
      const { charts, people } = asked(lasso, ids, 'ukb5');
      for (const table of [summaryTable(charts, people), chartsTable(charts, people)]) {
        expect(table.notes).toContain(`Fewer than 5 persons are selected: their figures are left out.`);
        const selected = table.head.flatMap((head, i) => (head.startsWith('selected') ? [i] : []));
        expect(table.rows.flatMap((row) => selected.map((i) => row[i]))).toSatisfy((cells: unknown[]) =>
          cells.every((cell) => cell === null),
        );
      }
    }
  });
});

describe('a strict table', () => {
  const N = 300;
  const values = Float32Array.from({ length: N }, (_, i) => (i % 100) / 10);
  const codes = Int16Array.from({ length: N }, (_, i) => Number(i < 8));
  const columns = [
    { name: 'x', kind: 'numeric' as const, values, levels: [] },
    { name: 'y', kind: 'levels' as const, values: codes, levels: ['no', 'yes'] },
  ];
  const filter = createCrossfilter({ n: N, columns });
  const charts = columns.map((column) => ({
    phenotype: phenotype(column.name, column.levels),
    values: column.values,
    counts: filter.counts(column.name),
  }));
  const ids = Array.from({ length: N }, (_, i) => String(i));
  const people: People = { shown: filter.shown, selected: null, ids, disclosure: 'strict' };

  it('rounds numbers of people to 5, hides small cells and what would give them away', () => {
    const [x = [], no = [], yes = []] = summaryTable(charts, people).rows;
    expect([x[4], Number(x[6])]).toEqual([300, expect.closeTo(4.95, 0)]);
    expect([no[4], yes[4]].filter((n) => n === null).length).toBeGreaterThan(0);
    expect(yes[4]).toBeNull();
    const counts = chartsTable(charts, people).rows.map((row) => row[6]);
    expect(counts.every((n) => n === null || Number(n) % 5 === 0)).toBe(true);
  });

  it('says so, and says the same each time', () => {
    expect(summaryTable(charts, people)).toEqual(summaryTable(charts, people));
    expect(summaryTable(charts, people).notes).toContain('Counts under 11 are left out, others are rounded to 5.');
  });
});

describe('the counts', () => {
  it('add up to all that are shown and selected, the missing in a row of their own', () => {
    const { charts, people } = asked(LASSO);
    const { rows, head } = chartsTable(charts, people);
    const sum = (name: string, who: string) =>
      rows.filter((row) => row[0] === name).reduce((total, row) => total + Number(row[head.indexOf(who)]), 0);
    for (const name of ['age', 'sex']) expect([sum(name, 'shown'), sum(name, 'selected')]).toEqual([8, 6]);
    expect(rows.filter((row) => row[3] === 'missing').map((row) => row.slice(6))).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
