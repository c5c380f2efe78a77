/** A native range input that is seen by keyboards and screen readers only: the canvas under it shows the value. */

export interface RangeInput {
  element: HTMLInputElement;
  /** Puts bounds and value without telling anybody; `text` is what a screen reader says. */
  put(bounds: readonly [number, number], value: number, text: string): void;
}

export function rangeInput(host: HTMLElement): RangeInput {
  const element = document.createElement('input');
  element.type = 'range';
  element.step = 'any';
  Object.assign(element.style, {
    position: 'absolute',
    inset: '0',
    width: '100%',
    height: '100%',
    margin: '0',
    opacity: '0',
    pointerEvents: 'none',
  });
  host.append(element);
  function put([low, high]: readonly [number, number], value: number, text: string): void {
    element.min = String(low);
    element.max = String(high);
    element.value = String(value);
    element.setAttribute('aria-valuetext', text);
  }
  return { element, put };
}
