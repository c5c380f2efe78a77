import { describe, expect, it } from 'vitest';
import type { Backend, Description, Grid, Tallied } from '../backend/backend';
import type { Recipe } from '../lib/recipe';
import { loadCohort } from './cohort.svelte';
import { countingOf, Selection, withBrush, withLasso } from './selection.svelte';

const ABOUT = {
  n: 2000,
  people: 2000,
  run: 'r',
  disclosure: 'strict',
  spaces: [{ name: 'joint', label: 'Joint', dims: ['z00'] }],
  layout: [{ space: 'joint', start: 0, stop: 1 }],
  maps: [{ space: 'joint', method: 'tsne' }],
  phenotypes: [{ name: 'age', label: 'Age', levels: [] }],
  told: [],
} as unknown as Description;
const OUTLINE = { kind: 'inside', run: 'r', space: 'joint', method: 'tsne', polygon: [], map: 'm' } as const;

interface Asked {
  groups: readonly Recipe[];
  names: readonly string[];
  answer: (total: number) => void;
}

/** A server that answers when the test says so; whatever else it is asked fails. */
function server(): { backend: Backend; asked: Asked[] } {
  const asked: Asked[] = [];
  const tally = (groups: readonly Recipe[], names: readonly string[]) =>
    new Promise<Tallied>((resolve) => {
      const answer = (total: number) => {
        const group = { counts: Float32Array.of(total - 10, NaN), missing: NaN, mean: 50, sd: 10, median: total / 10 };
        const column = { edges: Float32Array.of(0, 50, 100), groups: groups.map(() => group) };
        resolve({ total: groups.map(() => total), columns: new Map(names.map((name) => [name, column])) });
      };
      asked.push({ groups, names, answer });
    });
  const grid = (_space: string, _method: string, groups: readonly Recipe[]): Promise<Grid> =>
    Promise.resolve({
      box: { left: 0, bottom: 0, right: 3, top: 3 },
      cells: groups.map(() => new Float32Array(9).fill(20)),
    });
  const backend = { describe: () => Promise.resolve(ABOUT), tally, grid } as unknown as Backend;
  return { backend, asked };
}

const rest = () => new Promise((resolve) => setTimeout(resolve));

async function opened() {
  const { backend, asked } = server();
  const loading = loadCohort(backend);
  await rest();
  asked[0]?.answer(2000);
  const cohort = await loading;
  return { asked, cohort, selection: new Selection(ABOUT, countingOf(cohort)) };
}

describe('a page whose server shows no single people', () => {
  it('asks for counts alone, and holds neither columns, points nor ids', async () => {
    const { asked, cohort, selection } = await opened();
    expect(asked.map(({ names }) => names)).toEqual([['age']]);
    expect([cohort.columns.size, cohort.points.size, cohort.names.ids.length]).toEqual([0, 0, 0]);
    expect(selection.total).toEqual({ shown: 2000, selected: 2000 });
    expect([...selection.counts('age').shown]).toEqual([1990, NaN]);
    expect([selection.shown.length, selection.selected]).toEqual([0, null]);
  });

  it('sends the recipe of a brush, and of an outline besides, and shows the newest answer', async () => {
    const { asked, selection } = await opened();
    const brushed = withBrush(selection.filter, 'age', { low: 50, high: 100 });
    selection.show(brushed, 'moving');
    selection.show(withBrush(brushed, 'age', { low: 60, high: 100 }), 'moving');
    selection.show(withLasso(brushed, OUTLINE, 'new'));
    expect(asked).toHaveLength(2); // one is in flight, the one between is never sent
    asked[1]?.answer(900);
    await rest();
    expect(selection.total.shown).toBe(900);
    expect(selection.selected).toBeNull();
    const between = { kind: 'between', column: 'age', low: 50, high: 100 };
    expect(asked[2]?.groups).toEqual([
      { kind: 'all_of', of: [between] },
      { kind: 'all_of', of: [between, OUTLINE] },
    ]);
    const before = selection.settled;
    asked[2]?.answer(NaN);
    await rest();
    expect([selection.total.selected, selection.selected?.length]).toEqual([NaN, 0]);
    expect(selection.settled).not.toBe(before);
  });

  it('counts the cells of the maps that are shown, of those selected too', async () => {
    const { asked, cohort, selection } = await opened();
    await cohort.loadPoints('joint', 'tsne');
    expect(cohort.told?.cells('joint.tsne')).toMatchObject({ box: { right: 3 }, selected: null });
    selection.show(withLasso(selection.filter, OUTLINE, 'new'));
    asked[1]?.answer(300);
    await rest();
    expect(cohort.told?.cells('joint.tsne')?.selected).toHaveLength(9);
    expect(cohort.told?.cells('joint.pca')).toBeNull();
  });

  it('knows mean, spread and shape of a latent once it is asked for', async () => {
    const { asked, cohort, selection } = await opened();
    const counting = countingOf(cohort);
    expect(counting.spread('joint.z00')).toBeNull();
    expect(selection.densities('joint.z00', [0, 100], 4)).toBeNull();
    const loading = cohort.loadColumns(['joint.z00', 'age']);
    expect(asked[1]?.names).toEqual(['joint.z00']);
    asked[1]?.answer(2000);
    await loading;
    expect(counting.spread('joint.z00')).toEqual({ mean: 50, sd: 10 });
    expect(selection.densities('joint.z00', [0, 100], 4)?.shown[0]).toBeGreaterThan(0.2);
    expect(asked[2]?.names).toEqual(['age', 'joint.z00']);
  });

  it('counts the pair of groups that charts draw, among those shown', async () => {
    const { asked, cohort, selection } = await opened();
    selection.show(withBrush(selection.filter, 'age', { low: 50, high: 100 }));
    asked[1]?.answer(900);
    await rest();
    const first = { place: 0, mask: new Uint8Array() };
    expect(selection.line('age', first)).toBeNull();
    cohort.told?.watch([OUTLINE]);
    cohort.told?.watch([OUTLINE]);
    expect(asked).toHaveLength(3);
    const shown = { kind: 'all_of', of: [{ kind: 'between', column: 'age', low: 50, high: 100 }] };
    expect(asked[2]?.groups).toEqual([shown, { kind: 'all_of', of: [shown, OUTLINE] }]);
    asked[2]?.answer(300);
    await rest();
    expect([...(selection.line('age', first) ?? [])]).toEqual([290, NaN]);
    expect(selection.line('age', { place: 1, mask: new Uint8Array() })).toBeNull();
    expect(selection.density('age', first, [0, 100], 4)?.[0]).toBeGreaterThan(0);
  });

  it('says the size of a group as the server tells it', async () => {
    const { asked, selection } = await opened();
    const members = selection.members(OUTLINE);
    asked[1]?.answer(95);
    expect(await members).toMatchObject({ n: 95, mask: new Uint8Array() });
  });
});
