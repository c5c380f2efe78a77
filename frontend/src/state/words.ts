/** Numbers and recipes in words. */

import type { Description, Phenotype } from '../backend/backend';
import type { Inside, Recipe } from '../lib/recipe';
import type { Brush } from '../lib/crossfilter';

export const MISSING = 'missing';

/** `37,774` */
export function count(n: number): string {
  return n.toLocaleString('en-GB');
}

/** Three significant figures, or none after the point above a hundred; a true minus sign. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(digits).replace('-', '−');
}

/** `+1.86`, `−0.10` */
export function signed(value: number, digits = 2): string {
  const text = value.toFixed(digits).replace('-', '−');
  return value >= 0 ? `+${text}` : text;
}

/** `.78`: a share or a correlation without the leading nought. */
export function share(value: number): string {
  return value
    .toFixed(2)
    .replace('-', '−')
    .replace(/^(−?)0\./, '$1.');
}

/** `4 %`; below ten per cent with one figure after the point. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`;
}

export function brushWords(phenotype: Phenotype | undefined, brush: Brush): string {
  const label = phenotype?.label ?? '';
  if ('low' in brush) {
    const unit = phenotype?.unit ? ` ${phenotype.unit}` : '';
    return `${label} ${figure(brush.low)} to ${figure(brush.high)}${unit}`;
  }
  const values = [...brush.values, ...(brush.missing ? [MISSING] : [])];
  return values.length ? `${label}: ${values.join(' or ')}` : `${label}: none`;
}

/** What a lasso is made of, with the signs of the buttons: `outlines: (Limb leads − Joint) ∩ Limb leads`. */
export function lassoWords(recipe: Recipe, description: Description): string {
  const name = (outline: Inside) =>
    `${mapLabel(description, outline.space)}${outline.method === 'tsne' ? '' : ` ${methodLabel(outline.method)}`}`;
  if (recipe.kind !== 'inside') return `outlines: ${formula(recipe, name)}`;
  return `inside an outline on the ${mapLabel(description, recipe.space)} map (${methodLabel(recipe.method)})`;
}

function formula(recipe: Recipe, name: (outline: Inside) => string): string {
  switch (recipe.kind) {
    case 'inside':
      return name(recipe);
    case 'not':
      return `− ${nested(recipe.of, name)}`;
    case 'any_of':
      return recipe.of.map((part) => nested(part, name)).join(' + ');
    case 'all_of':
      return recipe.of.reduce((text, part) => {
        if (part.kind === 'not') return `${text} ${formula(part, name)}`.trim();
        return text ? `${text} ∩ ${nested(part, name)}` : nested(part, name);
      }, '');
    case 'between':
    case 'one_of':
      throw new Error('a lasso holds no brush');
  }
}

function nested(recipe: Recipe, name: (outline: Inside) => string): string {
  const text = formula(recipe, name);
  return recipe.kind === 'all_of' || recipe.kind === 'any_of' ? `(${text})` : text;
}

/** What may be read off a map, and what not. */
export function mapNote(method: string): string {
  return method === 'pca'
    ? 'Axes are the two directions of largest spread.'
    : 'Axes and distances between islands carry no meaning.';
}

export function mapLabel(description: Description, space: string): string {
  return description.spaces.find((s) => s.name === space)?.label ?? space;
}

export function methodLabel(method: string): string {
  if (method === 'tsne') return 't-SNE';
  return method === 'pca' ? 'PCA' : method;
}

/** A value of a subject, with its unit or its level. */
export function valueWords(phenotype: Phenotype, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value) || (phenotype.levels.length && value < 0)) return MISSING;
  if (phenotype.levels.length) return phenotype.levels[value] ?? MISSING;
  return `${figure(value)}${phenotype.unit ? ` ${phenotype.unit}` : ''}`;
}

/** What stands beside the bars of a phenotype; a boolean one is a single bar under its own name. */
export function barLabels({ kind, label, levels }: Phenotype): readonly string[] {
  return kind === 'boolean' ? [label] : levels;
}

export function partWords(part: string): string {
  if (part === 'train') return 'the model was trained on this person';
  return part === 'validation' ? 'used to stop the training' : 'held out: the model never saw this person';
}

/** What comes along with a phenotype in this cohort, and so along its direction. */
export function alongWords(phenotype: Phenotype, parts: readonly string[]): string {
  if (!parts.length) return '';
  return `People with higher ${phenotype.label} here also have or are: ${parts.join(', ')}. That comes along.`;
}

/** Which way another phenotype goes with one, and its correlation; levels without an order only differ. */
export function comparedWords({ label, kind, levels }: Phenotype, r: number): string {
  const size = share(Math.abs(r));
  if (kind === 'boolean') return `${r > 0 ? 'more' : 'less'} often ${label} ${size}`;
  if (levels.length === 2) return `${r > 0 ? 'more' : 'less'} often ${levels[1] ?? label} ${size}`;
  if (levels.length > 2 && kind === 'nominal') return `another ${label} ${size}`;
  return `${r > 0 ? 'higher' : 'lower'} ${label} ${size}`;
}
