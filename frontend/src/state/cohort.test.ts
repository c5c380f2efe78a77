import { describe, expect, it } from 'vitest';
import type { Backend, Description } from '../backend/backend';
import { firstOf, loadCohort, type FirstMaps } from './cohort.svelte';

function described(spaces: string[], methods: string[]): Description {
  const about = {
    n: 2,
    disclosure: 'laptop',
    spaces: [...spaces, 'private_a'].map((name) => ({ name, label: name, dims: [] })),
    maps: spaces.flatMap((space) => methods.map((method) => ({ space, method }))),
    phenotypes: [{ name: 'age', levels: [] }],
    told: [],
  };
  return about as unknown as Description;
}

describe('the first maps', () => {
  it('are those of two modalities, by t-SNE where it is drawn', () => {
    const { spaces, method } = firstOf(described(['joint', 'a', 'b', 'c'], ['pca', 'tsne']));
    expect([...spaces.map((space) => space.name), method]).toEqual(['a', 'b', 'tsne']);
    expect(firstOf(described(['joint'], ['pca'])).spaces.map((space) => space.name)).toEqual(['joint']);
    expect(firstOf(described([], [])).method).toBe('');
  });

  it('come before a column is asked for, and are not asked for twice; one that fails is left to its panel', async () => {
    const asked: string[] = [];
    let seen: FirstMaps | null = null;
    const backend = {
      describe: () => Promise.resolve(described(['joint', 'a', 'b'], ['tsne'])),
      points: (space: string) => {
        asked.push(space);
        return space === 'b' ? Promise.reject(new Error('gone')) : Promise.resolve(new Float32Array(4));
      },
      columns: () => {
        asked.push('columns');
        return Promise.resolve(new Map([['age', new Float32Array(2)]]));
      },
      texts: () => Promise.resolve(new Map([['subject_id', ['p', 'q']]])),
    } as unknown as Backend;
    const cohort = await loadCohort(backend, (first) => {
      asked.push('look');
      seen = first;
    });
    expect(asked).toEqual(['a', 'b', 'look', 'columns']);
    expect([...((seen as FirstMaps | null)?.points.keys() ?? [])]).toEqual(['a.tsne']);
    await cohort.loadPoints('a', 'tsne');
    expect(asked).toHaveLength(4);
  });
});
