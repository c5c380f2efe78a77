/** How well everyone and groups are predicted: all JSON. */

import type { Backend, ScoreAsked, ScoreTable, TaskScore } from './backend';
import { ask } from './requests';

export function scoredAt(base: string): Pick<Backend, 'score' | 'score_task'> {
  return {
    score: async (groups, asked) =>
      (await ask(base, 'score', queryOf(asked), JSON.stringify(groups))).json() as Promise<ScoreTable>,
    score_task: async (name, groups, asked) => {
      const query = { name, ...queryOf(asked) };
      return (await ask(base, 'score_task', query, JSON.stringify(groups))).json() as Promise<TaskScore>;
    },
  };
}

function queryOf({ space, by, disclosure }: ScoreAsked): Record<string, string> {
  return by === null ? { space, disclosure } : { space, by: by.join(','), disclosure };
}
