import { describe, expect, it } from 'vitest';
import { BackendError } from '../backend/backend';
import { failureOf } from './failure';

describe('a failure', () => {
  it('says its code, what was found and what to do', () => {
    const error = new BackendError('map.missing', 'map joint.umap', 'not drawn in this run', 'Choose another.');
    expect(failureOf(error)).toEqual({
      code: 'map.missing',
      found: 'map joint.umap: not drawn in this run.',
      hint: 'Choose another.',
    });
  });
  it('of the page itself is called a defect', () => {
    expect(failureOf(new TypeError('x is undefined'))).toMatchObject({ code: '', found: 'x is undefined' });
  });
});
