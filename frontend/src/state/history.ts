/** Undo and redo of immutable states. */

export interface History<S> {
  past: readonly S[];
  present: S;
  future: readonly S[];
}

const DEPTH = 200;

export function startHistory<S>(present: S): History<S> {
  return { past: [], present, future: [] };
}

/** A new present; what was undone before is forgotten. */
export function advance<S>(history: History<S>, present: S): History<S> {
  return { past: [...history.past, history.present].slice(-DEPTH), present, future: [] };
}

export function undo<S>(history: History<S>): History<S> {
  const present = history.past.at(-1);
  if (present === undefined) return history;
  return { past: history.past.slice(0, -1), present, future: [history.present, ...history.future] };
}

export function redo<S>(history: History<S>): History<S> {
  const [present, ...future] = history.future;
  if (present === undefined) return history;
  return { past: [...history.past, history.present], present, future };
}
