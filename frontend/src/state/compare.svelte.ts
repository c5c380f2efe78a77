/** Groups side by side: what is compared, how it is shown, and what Python says of it. */

import type {
  Backend,
  CompareAsked,
  Compared,
  Description,
  Disclosure,
  Separated,
  TableForm,
} from '../backend/backend';
import { latest } from '../lib/latest';
import type { Recipe } from '../lib/recipe';
import { REST, SELECTION, sideName, type Sides } from './compare-sides';
import { failureOf, type Failure } from './failure';
import type { History } from './history.svelte';
import { FEWEST_SIDE } from './limits';
import { Waiting } from './waiting.svelte';

export type Statistic = 'mean' | 'median';
export type RowOrder = 'effect' | 'section';

/** From open to closed. */
export const DISCLOSURES: readonly Disclosure[] = ['laptop', 'ukb5', 'cms11', 'strict'];

const MOST_BESIDE = 5;

interface Chosen {
  a: string;
  against: readonly string[];
  statistic: Statistic;
  order: RowOrder;
  disclosure: Disclosure;
  adjust: readonly string[] | null;
  contrast: number;
}

interface Answer {
  found: Compared;
  /** The shared dimensions that part the first two groups; null with the reason. */
  latents: Separated | null;
  reason: string;
}

export class Compare {
  a = $state(SELECTION);
  against = $state.raw<readonly string[]>([REST]);
  statistic = $state<Statistic>('mean');
  order = $state<RowOrder>('effect');
  disclosure = $state<Disclosure>('laptop');
  /** Columns that are held equal; null as Python chooses. */
  adjust = $state.raw<readonly string[] | null>(null);
  /** The contrast that is drawn where there are several. */
  contrast = $state(0);
  /** Rows that are open. */
  open = $state.raw<readonly string[]>([]);
  answer = $state.raw<Answer | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly waiting = new Waiting();
  #backend: Backend;
  #history: History;
  #asked = $state.raw<CompareAsked | null>(null);
  #ask: (asked: CompareAsked) => void;

  constructor(backend: Backend, { disclosure }: Description, history: History) {
    this.#history = history;
    this.#backend = backend;
    this.disclosure = disclosure;
    this.#ask = latest(
      (asked) => this.waiting.until(this.#answer(asked)),
      (answer, asked) => this.#show(answer, asked),
      (error) => {
        this.answer = null;
        this.failure = failureOf(error);
      },
    );
  }

  /** Whether the table is that of the groups that are chosen. */
  get ready(): boolean {
    return this.answer !== null && this.#shown === this.#asked;
  }
  #shown = $state.raw<CompareAsked | null>(null);

  choose(a: string, against: readonly string[]): void {
    this.set('groups that are compared', { a, against, contrast: 0 });
  }

  /** The rest stands alone; groups beside each other. */
  beside(id: string): void {
    const others = this.against.filter((other) => other !== id && other !== REST);
    const chosen = this.against.includes(id) ? others : [...others.slice(-(MOST_BESIDE - 1)), id];
    this.choose(this.a, id === REST || !chosen.length ? [REST] : chosen);
  }

  toggle(name: string): void {
    this.open = this.open.includes(name) ? this.open.filter((other) => other !== name) : [...this.open, name];
  }

  hold(names: readonly string[]): void {
    this.set('what is held equal', { adjust: names });
  }

  /** Choose how the groups are compared, as a step that can be undone. */
  set(label: string, change: Partial<Chosen>): void {
    this.#history.set(label, this, change);
  }

  /** Ask anew; what is still on its way for others is dropped. */
  go({ compared, within }: Sides, adjust: readonly string[] | null, disclosure: Disclosure): void {
    if (!compared.length) {
      this.answer = null;
      this.#asked = null;
      return;
    }
    const groups = compared.map((side) => ({ name: sideName(side), recipe: side.recipe }));
    this.#asked = { groups, within, adjust, disclosure };
    this.#ask(this.#asked);
  }

  /** The table that is shown, as a text. */
  async table(form: TableForm): Promise<string> {
    return this.#asked ? this.#backend.compare_table(this.#asked, form) : '';
  }

  async #answer(asked: CompareAsked): Promise<Answer> {
    const found = await this.#backend.compare(asked);
    const [a, b] = asked.groups.map(({ recipe }) => among(recipe, asked.within));
    if (!a || !b || found.groups.slice(0, 2).some(({ n }) => n === null)) {
      return { found, latents: null, reason: 'Suppressed: too few people.' };
    }
    const fewest = Math.min(...found.groups.slice(0, 2).map(({ n }) => n ?? 0));
    if (fewest < FEWEST_SIDE) {
      return { found, latents: null, reason: `It takes ${FEWEST_SIDE} people in each group; one has ${fewest}.` };
    }
    try {
      return { found, latents: await this.#backend.separates(a, b), reason: '' };
    } catch (error) {
      const { found: said, hint } = failureOf(error);
      return { found, latents: null, reason: `${said} ${hint}` };
    }
  }

  #show(answer: Answer, asked: CompareAsked): void {
    if (asked !== this.#asked) return;
    this.answer = answer;
    this.#shown = asked;
    this.failure = null;
    if (this.contrast >= answer.found.groups.length - 1) this.contrast = 0;
  }
}

function among(recipe: Recipe, within: Recipe | null): Recipe {
  return within ? { kind: 'all_of', of: [within, recipe] } : recipe;
}
