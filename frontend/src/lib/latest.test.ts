import { describe, expect, it } from 'vitest';
import { latest } from './latest';

/** A server that answers when told to. */
function server() {
  const open = new Map<number, { answer: (text: string) => void; refuse: (error: Error) => void }>();
  const asked: number[] = [];
  const call = (question: number): Promise<string> => {
    asked.push(question);
    return new Promise((answer, refuse) => open.set(question, { answer, refuse }));
  };
  return { asked, call, open };
}

function asking() {
  const { asked, call, open } = server();
  const shown: [string, number][] = [];
  const failed: unknown[] = [];
  const ask = latest(
    call,
    (answer, question) => shown.push([answer, question]),
    (error) => failed.push(error),
  );
  return { ask, asked, open, shown, failed };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

describe('latest', () => {
  it('sends the first question at once', () => {
    const { ask, asked } = asking();
    ask(1);
    expect(asked).toEqual([1]);
  });

  it('keeps one in flight and sends only the newest of those that came meanwhile', async () => {
    const { ask, asked, open, shown } = asking();
    [1, 2, 3, 4].forEach(ask);
    expect(asked).toEqual([1]);
    open.get(1)?.answer('one');
    await settled();
    expect(asked).toEqual([1, 4]);
    open.get(4)?.answer('four');
    await settled();
    expect(shown).toEqual([
      ['one', 1],
      ['four', 4],
    ]);
  });

  it('tells the failure of the newest question and goes on with the next', async () => {
    const { ask, asked, open, shown, failed } = asking();
    ask(1);
    open.get(1)?.refuse(new Error('busy'));
    await settled();
    expect(failed).toEqual([new Error('busy')]);
    ask(2);
    open.get(2)?.answer('two');
    await settled();
    expect(asked).toEqual([1, 2]);
    expect(shown).toEqual([['two', 2]]);
  });

  it('drops the failure of a question while a newer one waits', async () => {
    const { ask, asked, open, failed } = asking();
    ask(1);
    ask(2);
    open.get(1)?.refuse(new Error('busy'));
    await settled();
    expect(failed).toEqual([]);
    expect(asked).toEqual([1, 2]);
  });

  it('may be asked again from within the showing of an answer', async () => {
    const asked: number[] = [];
    const ask = latest(
      (question: number) => {
        asked.push(question);
        return Promise.resolve(question);
      },
      (answer) => {
        if (answer < 3) ask(answer + 1);
      },
      () => undefined,
    );
    ask(1);
    await settled();
    expect(asked).toEqual([1, 2, 3]);
  });
});
