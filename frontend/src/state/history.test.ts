import { describe, expect, it } from 'vitest';
import { advance, redo, startHistory, undo } from './history';

describe('history', () => {
  it('goes back to what was before and forward again', () => {
    const two = advance(advance(startHistory('a'), 'b'), 'c');
    expect(undo(two).present).toBe('b');
    expect(undo(undo(two)).present).toBe('a');
    expect(redo(undo(two))).toEqual(two);
  });

  it('stays where it is at both ends', () => {
    const one = startHistory('a');
    expect(undo(one)).toBe(one);
    expect(redo(one)).toBe(one);
  });

  it('forgets what was undone once something new is done', () => {
    const after = advance(undo(advance(startHistory('a'), 'b')), 'c');
    expect(after.future).toEqual([]);
    expect(undo(after).present).toBe('a');
  });
});
