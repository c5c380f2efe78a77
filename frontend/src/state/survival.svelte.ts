/** Groups followed in time: what is asked, and what Python says of it. */

import type { Backend, CoxModels, Description, Disclosure, Survival } from '../backend/backend';
import { latest } from '../lib/latest';
import { sideName, type Side, type Sides } from './compare-sides';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { suited, type CurveShape } from './survival-shape';
import { Waiting } from './waiting.svelte';

interface Question {
  sides: Sides;
  event: string;
  adjust: readonly string[] | null;
  disclosure: Disclosure;
}

export class Followed {
  /** The times to an event that the dictionary declares. */
  readonly events: readonly { name: string; label: string }[];
  event = $state('');
  /** How curves are drawn; null until the first answer says what suits the event. */
  shape = $state<CurveShape | null>(null);
  answer = $state.raw<{ found: Survival; sides: readonly Side[] } | null>(null);
  failure = $state.raw<Failure | null>(null);
  models = $state.raw<CoxModels | null>(null);
  modelsFailure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();
  readonly fitting = new Waiting();
  #history: History;
  #asked = $state.raw<Question | null>(null);
  #shown = $state.raw<Question | null>(null);
  #ask: (question: Question) => void;
  #askModels: (question: { event: string; disclosure: Disclosure }) => void;

  constructor(backend: Backend, { phenotypes }: Description, history: History) {
    this.#history = history;
    this.events = phenotypes.filter((p) => p.kind === 'time_to_event');
    this.event = this.events[0]?.name ?? '';
    this.#ask = latest(
      (question) => this.waiting.until(backend.survival(askedOf(question), question.event)),
      (found, question) => {
        if (question !== this.#asked) return;
        this.answer = { found, sides: question.sides.compared };
        this.#shown = question;
        this.shape ??= suited(found);
        this.failure = null;
      },
      (error) => {
        this.answer = null;
        this.failure = failureOf(error);
      },
    );
    this.#askModels = latest(
      ({ event, disclosure }) => this.fitting.until(backend.hazards(event, disclosure)),
      (models, { event }) => {
        if (event === this.event) this.models = models;
        this.modelsFailure = null;
      },
      (error) => (this.modelsFailure = failureOf(error)),
    );
  }

  /** Whether the curves are of the groups that are chosen. */
  get ready(): boolean {
    return this.answer !== null && this.#shown === this.#asked;
  }

  choose(event: string): void {
    this.#history.set<Followed>('event that is followed', this, { event, shape: null, models: null });
  }

  /** Draw the curves from the top or from the bottom. */
  draw(shape: CurveShape): void {
    this.#history.set<Followed>('shape of the curves', this, { shape });
  }

  /** Ask anew; what is still on its way for others is dropped. */
  go(sides: Sides, adjust: readonly string[] | null, disclosure: Disclosure): void {
    this.#asked = { sides, event: this.event, adjust, disclosure };
    this.#ask(this.#asked);
  }

  /** It takes some seconds, so only who asks for it waits. */
  fit(disclosure: Disclosure): void {
    this.#askModels({ event: this.event, disclosure });
  }
}

function askedOf({ sides: { compared, within }, adjust, disclosure }: Question) {
  const groups = compared.map((side) => ({ name: sideName(side), recipe: side.recipe }));
  return { groups, within, adjust, disclosure };
}
