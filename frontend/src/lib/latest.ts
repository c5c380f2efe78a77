/** Questions asked faster than they are answered: one is in flight, the newest waits, those between are never sent. */

/**
 * A function that asks.
 *
 * Answers come in the order of their questions, so an older one never replaces a newer one; each is shown, so that a
 * drag is seen while it lasts. A failure is told only if nothing newer waits.
 */
export function latest<Question, Answer>(
  call: (question: Question) => Promise<Answer>,
  show: (answer: Answer, question: Question) => void,
  fail: (error: unknown) => void,
): (question: Question) => void {
  let flying = false;
  let waiting: { question: Question } | null = null;

  async function fly(question: Question): Promise<void> {
    const outcome = await settle(call, question);
    if ('answer' in outcome) show(outcome.answer, question);
    else if (!waiting) fail(outcome.error);
  }

  function land(): void {
    const next = waiting;
    waiting = null;
    flying = false;
    if (next) ask(next.question);
  }

  function ask(question: Question): void {
    if (flying) {
      waiting = { question };
      return;
    }
    flying = true;
    void fly(question).finally(land);
  }

  return ask;
}

async function settle<Question, Answer>(
  call: (question: Question) => Promise<Answer>,
  question: Question,
): Promise<{ answer: Answer } | { error: unknown }> {
  try {
    return { answer: await call(question) };
  } catch (error) {
    return { error };
  }
}
