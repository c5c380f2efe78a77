import { describe, expect, it } from 'vitest';
import type { Phenotype } from '../backend/backend';
import { createCrossfilter } from '../lib/crossfilter';
import { chartsTable, FEWEST, summaryTable, type Charted, type People } from './tables';

function phenotype(name: string, levels: string[]): Phenotype {
  const common = { label: name, unit: '', section: '', codes: [], missing: [], range: null, sensitive: false };
  return { ...common, name, levels, kind: levels.length ? 'nominal' : 'continuous' };
}

const AGE = Float32Array.of(1, 2, 3, 4, 100, NaN, 7, 8);
const SEX = Int16Array.of(0, 0, 1, 1, 1, -1, 0, 1);
const LASSO = Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 0);

function asked(lasso: Uint8Array, ids = 'abcdefgh'): { charts: Charted[]; people: People } {
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
  return { charts, people: { shown: filter.shown, selected: filter.selected, ids: ids.split('') } };
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
      const { charts, people } = asked(lasso, ids);
      for (const table of [summaryTable(charts, people), chartsTable(charts, people)]) {
        expect(table.notes).toContain(`Fewer than ${FEWEST} persons are selected: their figures are left out.`);
        const selected = table.head.flatMap((head, i) => (head.startsWith('selected') ? [i] : []));
        expect(table.rows.flatMap((row) => selected.map((i) => row[i]))).toSatisfy((cells: unknown[]) =>
          cells.every((cell) => cell === null),
        );
      }
    }
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
