/** Recipes from outside the page, such as a link: read with every field checked, as Python's `groups.parse` does. */

import type { Polygon, Recipe } from './recipe';

const MAX_PARTS = 256;
const MAX_DEPTH = 16;
const MAX_CORNERS = 4096;

/** @throws Error where it is no recipe, or a larger one than Python accepts. */
export function parseRecipe(value: unknown): Recipe {
  const budget = { left: MAX_PARTS };
  return parsed(value, 0, budget);
}

function parsed(value: unknown, depth: number, budget: { left: number }): Recipe {
  if (budget.left-- <= 0 || depth > MAX_DEPTH) throw new Error('a recipe of too many parts');
  const get = fields(value);
  const parts = () => list(get('of')).map((part) => parsed(part, depth + 1, budget));
  switch (get('kind')) {
    case 'between':
      return { kind: 'between', column: text(get('column')), low: number(get('low')), high: number(get('high')) };
    case 'one_of':
      return {
        kind: 'one_of',
        column: text(get('column')),
        values: list(get('values')).map(text),
        missing: get('missing') === true,
      };
    case 'inside':
      return {
        kind: 'inside',
        run: text(get('run')),
        space: text(get('space')),
        method: text(get('method')),
        polygon: polygon(get('polygon')),
        ...(get('map') === undefined ? {} : { map: text(get('map')) }),
      };
    case 'all_of':
      return { kind: 'all_of', of: parts() };
    case 'any_of':
      return { kind: 'any_of', of: parts() };
    case 'not':
      return { kind: 'not', of: parsed(get('of'), depth + 1, budget) };
    default:
      throw new Error('an unknown kind of recipe');
  }
}

function polygon(value: unknown): Polygon {
  const corners = list(value);
  if (corners.length > MAX_CORNERS) throw new Error('an outline of too many corners');
  return corners.map((corner) => {
    const [x, y] = list(corner);
    return [number(x), number(y)] as const;
  });
}

/** Reads one field after the other. @throws Error where the value is no object. */
export function fields(value: unknown): (name: string) => unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('expected an object');
  return (name) => (Object.hasOwn(value, name) ? (Reflect.get(value, name) as unknown) : undefined);
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('expected text');
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('expected a finite number');
  return value;
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('expected a list');
  return value as unknown[];
}
