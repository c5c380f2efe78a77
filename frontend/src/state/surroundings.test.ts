import { describe, expect, it } from 'vitest';
import type { Backend, Density } from '../backend/backend';
import { Surroundings } from './surroundings.svelte';

const SOMEWHERE: Density = { centile: 40, where: 'inside' };

describe('what lies about the drawn code', () => {
  it('is not that of an older code where the new one failed, and comes back with the next', async () => {
    const answers: (Density | null)[] = [SOMEWHERE, null, SOMEWHERE];
    const density = () => {
      const next = answers.shift();
      return next ? Promise.resolve(next) : Promise.reject(new Error('the server is gone'));
    };
    const around = new Surroundings({ density } as unknown as Backend);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      around.follow(null, new Float32Array(2));
      await new Promise((done) => setTimeout(done));
      seen.push([around.now?.centile ?? null, around.densityFailure?.found ?? null]);
    }
    expect(seen).toEqual([
      [40, null],
      [null, 'the server is gone'],
      [40, null],
    ]);
  });
});
