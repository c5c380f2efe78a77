/** One drag with a pointer, in CSS pixels of its target. */

export interface Drags {
  /** False when nothing begins here. */
  start(x: number, y: number, event: PointerEvent): boolean;
  move(x: number, y: number): void;
  end(x: number, y: number): void;
  /** The system took the pointer away. */
  cancel(): void;
  /** The pointer moves and nothing is dragged. */
  over?(x: number, y: number, event: PointerEvent): void;
}

/** Listens until `signal`; the pointer is followed beyond the target while it drags. */
export function listenDrags(target: HTMLElement, drags: Drags, signal?: AbortSignal): void {
  const options = signal ? { signal } : {};
  let held = false;
  target.style.touchAction = 'none';
  target.addEventListener(
    'pointerdown',
    (event) => {
      held = drags.start(...pointIn(target, event), event);
      if (held) target.setPointerCapture(event.pointerId);
    },
    options,
  );
  target.addEventListener(
    'pointermove',
    (event) => {
      const [x, y] = pointIn(target, event);
      if (held) drags.move(x, y);
      else drags.over?.(x, y, event);
    },
    options,
  );
  target.addEventListener(
    'pointerup',
    (event) => {
      if (held) drags.end(...pointIn(target, event));
      held = false;
    },
    options,
  );
  target.addEventListener(
    'pointercancel',
    () => {
      if (held) drags.cancel();
      held = false;
    },
    options,
  );
}

export function pointIn(target: HTMLElement, event: MouseEvent): [number, number] {
  const box = target.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
