import { describe, expect, it } from 'vitest';
import { BackendError } from '../backend/backend';
import { failureOf, withoutFolders } from './failure';

describe('a failure', () => {
  it('says its code, what was found and what to do', () => {
    const error = new BackendError('map.missing', 'map joint.umap', 'not drawn in this run', 'Choose another.');
    expect(failureOf(error)).toEqual({
      code: 'map.missing',
      found: 'map joint.umap: not drawn in this run.',
      hint: 'Choose another.',
    });
  });
  it('says nothing of where files lie on the server', () => {
    expect(withoutFolders('/home/anna/studies/heart.ls/runs/7c2e/z.npy: cut short')).toBe('z.npy: cut short');
    expect(withoutFolders('C:\\data\\heart.ls: gone')).toBe('heart.ls: gone');
    expect(withoutFolders('found 3 of /srv/heart.ls')).toBe('found 3 of heart.ls');
  });
  it('leaves units, shares and relative names alone', () => {
    for (const text of ['64 1/min', 'runs/7c2e/z.npy', 'kg/m²', '47 / 412', 'open http://localhost/w/heart/']) {
      expect(withoutFolders(text)).toBe(text);
    }
  });
  it('of the page itself is called a defect', () => {
    expect(failureOf(new TypeError('x is undefined'))).toMatchObject({ code: '', found: 'x is undefined' });
  });
});
