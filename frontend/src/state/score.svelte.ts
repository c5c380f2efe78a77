/** How well everyone, the groups and the selection are predicted. */

import type { Backend, Disclosure, ScoreAsked, ScoreTable, TaskScore } from '../backend/backend';
import { latest } from '../lib/latest';
import type { Recipe } from '../lib/recipe';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { inOrder, type Order } from './score-words';
import { Waiting } from './waiting.svelte';

/** Some people beside everyone. */
export interface People {
  /** A to Z, or empty of the selection. */
  letter: string;
  name: string;
  recipe: Recipe;
}

interface Question extends ScoreAsked {
  people: readonly People[];
}

interface Chosen {
  space: string;
  by: readonly string[] | null;
  order: Order;
  chosen: string;
}

/** An answer with what was asked for it. */
export interface Answered<T> {
  answer: T;
  people: readonly People[];
}

export class Score {
  space = $state('joint');
  /** Phenotypes that divide people; null until the first answer says which are usual. */
  by = $state.raw<readonly string[] | null>(null);
  order = $state<Order>('best');
  /** Which task is told in full. */
  chosen = $state('');
  table = $state.raw<Answered<ScoreTable> | null>(null);
  task = $state.raw<Answered<TaskScore> | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();
  #history: History;
  #askTable: (question: Question) => void;
  #askTask: (question: Question & { name: string }) => void;

  constructor(backend: Backend, history: History) {
    this.#history = history;
    const fail = (error: unknown) => (this.failure = failureOf(error));
    this.#askTable = latest(
      ({ people, ...asked }: Question) => this.waiting.until(backend.score(recipesOf(people), asked)),
      (answer, { people }) => this.#show({ answer, people }),
      fail,
    );
    this.#askTask = latest(
      ({ name, people, ...asked }: Question & { name: string }) => backend.score_task(name, recipesOf(people), asked),
      (answer, { people }) => (this.task = { answer, people }),
      fail,
    );
  }

  ask(people: readonly People[], disclosure: Disclosure): void {
    this.#askTable({ people, space: this.space, by: this.by, disclosure });
  }

  askTask(people: readonly People[], disclosure: Disclosure): void {
    this.#askTask({ name: this.chosen, people, space: this.space, by: this.by, disclosure });
  }

  /** Divide people by one more phenotype, or no longer by it. */
  divide(name: string): void {
    const by = this.table?.answer.by ?? [];
    this.set('who is told apart', { by: by.includes(name) ? by.filter((other) => other !== name) : [...by, name] });
  }

  /** Choose what is scored and how it is shown, as a step that can be undone. */
  set(label: string, change: Partial<Chosen>): void {
    this.#history.set(label, this, change);
  }

  #show(table: Answered<ScoreTable>): void {
    this.table = table;
    this.failure = null;
    const names = table.answer.tasks.map((task) => task.name);
    if (!names.includes(this.chosen)) this.chosen = inOrder(table.answer.tasks, this.order)[0]?.name ?? '';
  }
}

function recipesOf(people: readonly People[]): Recipe[] {
  return people.map(({ recipe }) => recipe);
}
