/** Pointer, wheel and keys over a map, as gestures in CSS pixels of the plot. */

import { clamp } from './nice';
import { listenDrags, pointIn } from './pointer';

export interface Gestures {
  /** What a drag with the main button does now. */
  tool(): 'lasso' | 'box' | 'pan';
  outline(path: readonly number[], phase: 'move' | 'end' | 'cancel'): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  reset(): void;
  click(x: number, y: number): void;
  hover(x: number, y: number, event: PointerEvent): void;
  leave(): void;
}

const CLICK_PX = 3;
const STEP_PX = 2.5;
const KEY_PAN_PX = 40;
const KEY_ZOOM = 1.25;
const WHEEL = 0.0016;
/** Pixels of a wheel that counts in lines. */
const LINE_PX = 16;

interface Drag {
  kind: 'lasso' | 'box' | 'pan';
  path: number[];
  x: number;
  y: number;
  moved: boolean;
}

/** Returns what takes the listeners away. */
export function listen(target: HTMLElement, gestures: Gestures): () => void {
  const control = new AbortController();
  const { signal } = control;
  const hand: Hand = { drag: null, space: false };
  listenPointer(target, gestures, hand, signal);
  listenWheel(target, gestures, signal);
  listenKeys(target, gestures, hand, signal);
  return () => control.abort();
}

/** What the hand holds down. */
interface Hand {
  drag: Drag | null;
  space: boolean;
}

function listenPointer(target: HTMLElement, gestures: Gestures, hand: Hand, signal: AbortSignal): void {
  const drop = () => {
    hand.drag = null;
    gestures.outline([], 'cancel');
  };
  listenDrags(
    target,
    {
      start(x, y, event) {
        if (event.button > 1) return false;
        const kind = event.button === 1 || hand.space ? 'pan' : gestures.tool();
        hand.drag = { kind, path: [x, y], x, y, moved: false };
        gestures.leave();
        return true;
      },
      move(x, y) {
        if (hand.drag) follow(hand.drag, ...within(target, x, y), gestures);
      },
      end() {
        const ended = hand.drag;
        hand.drag = null;
        if (ended) finish(ended, gestures);
      },
      cancel: drop,
      over: (x, y, event) => gestures.hover(x, y, event),
    },
    signal,
  );
  target.addEventListener('pointerleave', () => gestures.leave(), { signal });
  target.addEventListener('dblclick', () => gestures.reset(), { signal });
}

function listenWheel(target: HTMLElement, gestures: Gestures, signal: AbortSignal): void {
  const zoomed = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_PX : event.deltaY;
    gestures.zoom(Math.exp(-WHEEL * pixels), ...pointIn(target, event));
  };
  target.addEventListener('wheel', zoomed, { signal, passive: false });
}

function listenKeys(target: HTMLElement, gestures: Gestures, hand: Hand, signal: AbortSignal): void {
  const down = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && hand.drag) {
      hand.drag = null;
      gestures.outline([], 'cancel');
      event.stopPropagation();
    }
    hand.space ||= event.key === ' ';
    if (pressed(event.key, target, gestures) || event.key === ' ') event.preventDefault();
  };
  target.addEventListener('keydown', down, { signal });
  target.addEventListener('keyup', (event) => (hand.space &&= event.key !== ' '), { signal });
  target.addEventListener('blur', () => (hand.space = false), { signal });
}

/** What is drawn outside of the window selects nothing outside of it. */
function within(target: HTMLElement, x: number, y: number): [number, number] {
  return [clamp(x, 0, target.clientWidth), clamp(y, 0, target.clientHeight)];
}

function follow(drag: Drag, x: number, y: number, gestures: Gestures): void {
  const [startX = 0, startY = 0] = drag.path;
  drag.moved ||= Math.hypot(x - startX, y - startY) > CLICK_PX;
  if (!drag.moved || Math.hypot(x - drag.x, y - drag.y) < (drag.kind === 'lasso' ? STEP_PX : 0.5)) return;
  if (drag.kind === 'pan') gestures.pan(x - drag.x, y - drag.y);
  else if (drag.kind === 'lasso') drag.path.push(x, y);
  drag.x = x;
  drag.y = y;
  if (drag.kind !== 'pan') gestures.outline(outlineOf(drag), 'move');
}

function finish(drag: Drag, gestures: Gestures): void {
  const [x = 0, y = 0] = drag.path;
  if (!drag.moved) gestures.click(x, y);
  else if (drag.kind !== 'pan') gestures.outline(outlineOf(drag), 'end');
}

function outlineOf({ kind, path, x, y }: Drag): readonly number[] {
  const [left = 0, top = 0] = path;
  return kind === 'box' ? [left, top, x, top, x, y, left, y] : path;
}

/** True when the key meant something here. */
function pressed(key: string, target: HTMLElement, gestures: Gestures): boolean {
  const middle: [number, number] = [target.clientWidth / 2, target.clientHeight / 2];
  const meanings: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => gestures.pan(KEY_PAN_PX, 0),
    ArrowRight: () => gestures.pan(-KEY_PAN_PX, 0),
    ArrowUp: () => gestures.pan(0, KEY_PAN_PX),
    ArrowDown: () => gestures.pan(0, -KEY_PAN_PX),
    '+': () => gestures.zoom(KEY_ZOOM, ...middle),
    '=': () => gestures.zoom(KEY_ZOOM, ...middle),
    '-': () => gestures.zoom(1 / KEY_ZOOM, ...middle),
    '0': () => gestures.reset(),
  };
  const meaning = meanings[key];
  meaning?.();
  return meaning !== undefined;
}
