/** Undo and redo: one line of steps, each of which knows how to go back and forward. */

/** What was done, by whoever did it. */
export interface Step {
  /** As it stands in "Undo: …". */
  label: string;
  /** A rejection takes the step off the line; whoever made it says why in its place. */
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
  /** Steps of one gesture that follow each other at once are one step: a key that is held. */
  gesture?: string;
  /** Of what it is, where that may have to be forgotten. */
  of?: string;
}

const DEPTH = 200;
const AT_ONCE_MS = 1000;

export class History {
  /** What was undone or redone last, for who cannot see it. */
  said = $state('');
  #past = $state.raw<readonly Step[]>([]);
  #future = $state.raw<readonly Step[]>([]);
  #turn: Promise<void> = Promise.resolve();
  #last = -Infinity;
  #clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** What undo would take back; null where there is nothing. */
  get undoes(): string | null {
    return this.#past.at(-1)?.label ?? null;
  }

  get redoes(): string | null {
    return this.#future[0]?.label ?? null;
  }

  /** Remember what has just been done; what was undone before is forgotten. */
  add(step: Step): void {
    const last = this.#past.at(-1);
    const now = this.#clock();
    const goesOn = step.gesture !== undefined && last?.gesture === step.gesture && now - this.#last < AT_ONCE_MS;
    const before = goesOn ? this.#past.slice(0, -1) : this.#past;
    this.#past = [...before, goesOn ? { ...step, undo: () => last.undo() } : step].slice(-DEPTH);
    this.#future = [];
    this.#last = now;
    this.said = '';
  }

  /** Set some fields of an object, as one step; no step where they are so already. */
  set<T extends object>(label: string, of: T, change: Partial<T>): void {
    const names = (Object.keys(change) as (keyof T)[]).filter((name) => of[name] !== change[name]);
    if (!names.length) return;
    const before = Object.fromEntries(names.map((name) => [name, of[name]]));
    this.add({ label, undo: () => void Object.assign(of, before), redo: () => void Object.assign(of, change) });
    Object.assign(of, change);
  }

  /** Done when the page is as it was before; one step waits for another. */
  undo(): Promise<void> {
    const step = this.#past.at(-1);
    if (!step) return this.#turn;
    this.#past = this.#past.slice(0, -1);
    this.#future = [step, ...this.#future];
    return this.#go(`Undone: ${step.label}`, step, () => step.undo());
  }

  redo(): Promise<void> {
    const [step, ...later] = this.#future;
    if (!step) return this.#turn;
    this.#future = later;
    this.#past = [...this.#past, step];
    return this.#go(`Done again: ${step.label}`, step, () => step.redo());
  }

  /** Take away the steps on what is no longer here. */
  forget(of: string): void {
    this.#past = this.#past.filter((step) => step.of !== of);
    this.#future = this.#future.filter((step) => step.of !== of);
  }

  #go(said: string, step: Step, act: () => void | Promise<void>): Promise<void> {
    this.#last = -Infinity;
    this.#turn = this.#turn.then(act).then(
      () => void (this.said = said),
      () => this.#drop(step),
    );
    return this.#turn;
  }

  #drop(step: Step): void {
    this.#past = this.#past.filter((other) => other !== step);
    this.#future = this.#future.filter((other) => other !== step);
    this.said = `Not possible any more: ${step.label}`;
  }
}
