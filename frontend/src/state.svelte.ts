/** The only store: what is loaded, brushed, picked and dragged. */

import type { Backend, Subject } from './backend/backend';
import type { Brush } from './lib/crossfilter';
import type { Code } from './state/code';
import { Compare } from './state/compare.svelte';
import { Cohort, firstOf, loadCohort, type FirstMaps } from './state/cohort.svelte';
import { failureOf, type Failure } from './state/failure';
import { Groups, type Group } from './state/groups.svelte';
import { History } from './state/history.svelte';
import { Latents, type Order, type Source } from './state/latents.svelte';
import { Memory } from './state/memory.svelte';
import { DetailChoice, type Detail } from './state/detail.svelte';
import { Directions, startValue } from './state/directions.svelte';
import { Filmstrip } from './state/filmstrip.svelte';
import { corners, tooFew } from './state/limits';
import {
  countingOf,
  isFull,
  NOTHING,
  Selection,
  withBrush,
  withLasso,
  type Filter,
  type Mode,
} from './state/selection.svelte';
import { Pins } from './state/pins.svelte';
import { OwnEcg } from './state/own.svelte';
import { Player } from './state/player.svelte';
import { Score } from './state/score.svelte';
import { Followed } from './state/survival.svelte';
import type { Tab } from './state/tabs';
import { Surroundings } from './state/surroundings.svelte';
import { Timing } from './state/timing.svelte';
import { Translation } from './state/translation.svelte';
import { Walk } from './state/walk.svelte';
import { Waiting } from './state/waiting.svelte';

export type Tool = 'lasso' | 'box' | 'pan';
const RR = 'rr_ms'; // phenotype with the recorded RR interval
/** What colours the maps where no phenotype does. */
export const BY_GROUP = 'groups:';

/** What is brushed, who is open, and which code is drawn; without one it starts from whoever is open. */
export interface Moment {
  filter: Filter;
  row: number | null;
  code: Code | null;
}

/** One open workspace. */
export class Store {
  readonly history = new History();
  readonly pins = new Pins(this.history);
  readonly cohort: Cohort;
  readonly selection: Selection;
  readonly groups: Groups;
  readonly memory: Memory;
  readonly latents: Latents;
  readonly translation: Translation;
  readonly player = new Player();
  readonly own: OwnEcg;
  readonly timing = new Timing();
  readonly detail = new DetailChoice();
  readonly directions: Directions;
  readonly filmstrip: Filmstrip;
  readonly surroundings: Surroundings;
  readonly walk: Walk;
  readonly score: Score;
  readonly compare: Compare;
  readonly followed: Followed;

  tab = $state<Tab>('explore');
  spaces = $state.raw<readonly string[]>([]);
  method = $state('');
  /** Whether the list of people stands in the place of the maps. */
  listed = $state(false);
  colour = $state('');
  tool = $state<Tool>('lasso');
  mode = $state<Mode>('new');
  /** Why the last gesture was not done, said beside the maps. */
  notice = $state('');
  mapFailure = $state.raw<Failure | null>(null);
  row = $state<number | null>(null);
  subject = $state.raw<Subject | null>(null);
  subjectFailure = $state.raw<Failure | null>(null);
  readonly mapsWaiting = new Waiting();
  readonly subjectWaiting = new Waiting();
  #backend: Backend;
  #mapsAsked = 0;
  /** At the end of the last gesture. */
  #filter: Filter = NOTHING;

  constructor(backend: Backend, cohort: Cohort) {
    this.#backend = backend;
    this.cohort = cohort;
    const { description } = cohort;
    const counting = countingOf(cohort);
    this.selection = new Selection(description, counting);
    this.groups = new Groups(backend, cohort, this.selection, this.history);
    this.memory = new Memory(backend, this);
    const visible = () => this.spaces.map((space) => `${space}.${this.method}`);
    this.latents = new Latents(this.timing.timed(backend), cohort, counting, { visible, history: this.history });
    this.directions = new Directions(backend, cohort, this.latents, this.history, (name) =>
      startValue(this.cohort, name, this.latents.source, { row: this.row, mask: () => this.#selectionMask() }),
    );
    this.filmstrip = new Filmstrip(backend, description.modalities);
    this.own = new OwnEcg(backend, this);
    this.surroundings = new Surroundings(backend);
    this.score = new Score(backend, this.history);
    this.compare = new Compare(backend, description, this.history);
    this.followed = new Followed(backend, description, this.history);
    this.walk = new Walk(backend, cohort, visible, this.history);
    const modelled = description.modalities.filter((m) => m.role === 'modelled');
    this.translation = new Translation(backend, modelled[0]?.name ?? '');
    this.colour = description.phenotypes[0]?.name ?? '';
    this.method = firstOf(description).method;
  }

  get moment(): Moment {
    return { filter: this.#filter, row: this.row, code: this.latents.code };
  }

  /** The first maps, the mean of everyone and the first ranking. */
  async start(): Promise<void> {
    const first = firstOf(this.cohort.description).spaces.map((space) => space.name);
    await this.showMaps(first, this.method);
    this.rank(this.#firstOrder());
    void this.latents.startFromMean(null);
  }

  /** Load columns for a panel; the panel of the latents says it when that fails. */
  async loadColumns(names: readonly string[]): Promise<void> {
    try {
      await this.cohort.loadColumns(names);
    } catch (error) {
      this.latents.failure = failureOf(error);
    }
  }

  /** Show the maps of some spaces; what was asked last is shown, whichever answer comes first. */
  async showMaps(spaces: readonly string[], method: string): Promise<void> {
    const asked = ++this.#mapsAsked;
    const chosen = this.cohort.mapSpaces.map((s) => s.name).filter((name) => spaces.includes(name));
    try {
      await this.mapsWaiting.until(Promise.all(chosen.map((space) => this.cohort.loadPoints(space, method))));
      if (asked !== this.#mapsAsked) return;
      this.spaces = chosen;
      this.method = method;
      this.mapFailure = null;
      this.latents.placeAgain();
    } catch (error) {
      this.mapFailure = failureOf(error);
    }
  }

  /** `move` while a gesture lasts; `end` is what undo remembers. */
  brush(name: string, brush: Brush | null, phase: 'move' | 'end' = 'end'): void {
    const filter = withBrush(this.selection.filter, name, brush);
    if (phase === 'move') this.selection.show(filter, 'moving');
    else this.#commit(`brush of ${this.cohort.phenotype(name)?.label ?? name}`, { filter });
  }

  lasso(space: string, polygon: Float64Array): void {
    if (this.mode !== 'new' && isFull(this.selection.filter.lasso)) {
      this.notice = 'This selection is combined of too many outlines. Start a new one.';
      return;
    }
    const { run, map_hash: map } = this.cohort.description;
    const outline = { kind: 'inside' as const, run, space, method: this.method, polygon: corners(polygon), map };
    this.#commit('outline', { filter: withLasso(this.selection.filter, outline, this.mode) });
  }

  clearLasso(): void {
    this.#commit('clearing of the outline', { filter: { ...this.selection.filter, lasso: null } });
  }

  clearBrushes(): void {
    this.#commit('clearing of the brushes', { filter: { ...this.selection.filter, brushes: NOTHING.brushes } });
  }

  clearAll(): void {
    this.#commit('clearing of all', { filter: NOTHING });
  }

  pick(row: number | null): void {
    if (row !== this.row) this.#commit(row === null ? 'closing of the subject' : this.cohort.title(row), { row });
  }

  /** Select the people of a group, of whom the brushes say who is shown. */
  selectGroup(group: Group): void {
    this.#commit(`selection of ${group.letter}`, { filter: { ...this.selection.filter, lasso: group.recipe } });
  }

  /** Show another moment; done when its subject is drawn. */
  async go({ filter, row, code }: Moment): Promise<void> {
    const other = filter !== this.selection.filter || filter !== this.#filter;
    this.notice = '';
    this.#filter = filter;
    if (other) this.selection.show(filter);
    if (row !== this.row) await this.#openSubject(row, code);
    else if (code) this.latents.put(code);
    else if (other && this.latents.source === 'selection')
      await this.startFrom(this.selection.empty ? 'everyone' : 'selection');
  }

  canColour(by: string): boolean {
    return by === BY_GROUP || this.cohort.phenotype(by) !== undefined;
  }

  startAnew(source: Source): Promise<void> {
    return this.latents.startAnew('start of the dots', () => this.startFrom(source));
  }

  async startFrom(source: Source): Promise<void> {
    if (source === 'subject' && this.subject) await this.latents.startFromSubject(this.subject);
    const { recipe } = this.selection;
    if (source === 'selection') await this.latents.startFromMean({ mask: this.#selectionMask(), recipe });
    if (source === 'everyone') await this.latents.startFromMean(null);
    const group = this.groups.items.find(({ letter }) => source === `group ${letter}`);
    if (group && group.n !== 0) await this.latents.startFromMean(group, source);
  }

  rank(by: Order): void {
    void this.latents.rank(
      by,
      this.selection.recipe,
      tooFew(by, this.selection.total.selected, this.cohort.description.n),
    );
  }

  /** The simple page has one kind of map and one kind of order. */
  show(detail: Detail): void {
    this.detail.choose(detail);
    if (detail === 'advanced') return;
    const [first] = this.cohort.methods;
    const method = this.cohort.methods.includes('tsne') ? 'tsne' : first;
    if (method) void this.showMaps(this.spaces, method);
    if (this.latents.rankBy.by !== 'association') this.rank(this.#firstOrder());
  }

  translate(from: string): void {
    if (this.subject) this.translation.draw(this.subject, from);
  }

  #commit(label: string, change: Partial<Moment>): void {
    const { source } = this.latents;
    const restarts = source !== 'own' && ('row' in change || source === 'selection');
    const before = { ...this.moment, ...(restarts ? {} : { code: null }) };
    const after = { ...before, ...change, code: null };
    this.history.add({ label, undo: () => this.go(before), redo: () => this.go(after) });
    void this.go(after);
  }

  async #openSubject(row: number | null, code: Code | null): Promise<void> {
    this.row = row;
    this.subjectFailure = null;
    if (row === null) this.subject = null;
    else {
      try {
        const subject = await this.subjectWaiting.until(this.#backend.subject(row));
        if (row !== this.row) return;
        this.subject = subject;
        this.player.beat(this.cohort.columns.get(RR)?.[row] ?? NaN);
      } catch (error) {
        this.subjectFailure = failureOf(error);
        return;
      }
    }
    if (code) this.latents.put(code);
    else if (row !== null) await this.startFrom('subject');
    else if (this.latents.source === 'subject') await this.startFrom('everyone');
  }

  #firstOrder(): Order {
    const first = this.cohort.description.phenotypes[0];
    return first ? { by: 'association', name: first.name } : { by: 'variance' };
  }

  #selectionMask(): Uint8Array {
    return (this.selection.selected ?? this.selection.shown).slice();
  }
}

/** Open the workspace behind a backend; `look` gets the first maps, long before the columns of a large cohort are there. */
export async function openStore(backend: Backend, look?: (first: FirstMaps) => void): Promise<Store> {
  const store = new Store(backend, await loadCohort(backend, look));
  const groups = store.groups.load();
  await store.start();
  if (location.hash) await groups.then(() => store.memory.openLink(location.hash));
  return store;
}
