import { beforeEach, describe, expect, it } from 'vitest';
import { History, type Step } from './history.svelte';

describe('history', () => {
  let now: number;
  let value: string;
  let history: History;

  beforeEach(() => {
    now = 0;
    value = 'a';
    history = new History(() => now);
  });

  /** Change the value, as one who can take it back. */
  function change(to: string, more: Partial<Step> = {}): void {
    const from = value;
    value = to;
    history.add({ label: to, undo: () => void (value = from), redo: () => void (value = to), ...more });
  }

  it('goes back to what was before and forward again', async () => {
    change('b');
    change('c');
    await history.undo();
    expect([value, history.undoes, history.redoes]).toEqual(['b', 'b', 'c']);
    await history.undo();
    expect([value, history.undoes, history.redoes]).toEqual(['a', null, 'b']);
    await history.redo();
    await history.redo();
    expect([value, history.undoes, history.redoes]).toEqual(['c', 'c', null]);
  });

  it('sets fields as one step, and makes none where nothing changes', async () => {
    const shown = { colour: 'age', maps: 2, left: 'alone' };
    history.set('colour', shown, { colour: 'sex', maps: 1 });
    history.set('colour', shown, { colour: 'sex' });
    expect(shown).toEqual({ colour: 'sex', maps: 1, left: 'alone' });
    await history.undo();
    expect([shown, history.undoes]).toEqual([{ colour: 'age', maps: 2, left: 'alone' }, null]);
    await history.redo();
    expect(shown).toEqual({ colour: 'sex', maps: 1, left: 'alone' });
  });

  it('stays where it is at both ends', async () => {
    await history.undo();
    await history.redo();
    expect([value, history.said]).toEqual(['a', '']);
  });

  it('forgets what was undone once something new is done', async () => {
    change('b');
    await history.undo();
    change('c');
    expect(history.redoes).toBeNull();
    await history.undo();
    expect(value).toBe('a');
  });

  it('takes a key that is held as one step, and two holds as two', async () => {
    for (const to of ['b', 'c', 'd']) {
      change(to, { gesture: 'dot' });
      now += 100;
    }
    now += 2000;
    change('e', { gesture: 'dot' });
    await history.undo();
    expect(value).toBe('d');
    await history.undo();
    expect(value).toBe('a');
    await history.redo();
    expect(value).toBe('d');
  });

  it('never joins a gesture to one that was undone', async () => {
    change('b', { gesture: 'dot' });
    change('c', { gesture: 'other' });
    await history.undo();
    change('d', { gesture: 'dot' });
    await history.undo();
    expect(value).toBe('b');
  });

  it('lets one step end before the next begins', async () => {
    const order: string[] = [];
    const slowly = (word: string, ms: number) => async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(word);
    };
    history.add({ label: 'one', undo: slowly('one', 1), redo: slowly('one', 1) });
    history.add({ label: 'two', undo: slowly('two', 20), redo: slowly('two', 1) });
    void history.undo();
    await history.undo();
    expect(order).toEqual(['two', 'one']);
  });

  it('takes a step off the line that can no longer be undone, and goes on with the one before', async () => {
    change('b');
    change('c', { undo: () => Promise.reject(new Error('gone')) });
    await history.undo();
    expect([value, history.undoes, history.redoes]).toEqual(['c', 'b', null]);
    expect(history.said).toBe('Not possible any more: c');
    await history.undo();
    expect(value).toBe('a');
  });

  it('forgets the steps on what is no longer here', async () => {
    change('b');
    change('c', { of: 'own' });
    change('d', { of: 'own' });
    await history.undo();
    history.forget('own');
    expect([history.undoes, history.redoes]).toEqual(['b', null]);
  });

  it('keeps no more than the last two hundred steps', async () => {
    for (let i = 0; i < 250; i++) change(String(i));
    for (let i = 0; i < 250; i++) await history.undo();
    expect(value).toBe('49');
  });
});
