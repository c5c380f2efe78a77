/** Numbers and recipes in words. */

import type { Description, Moved, Phenotype } from '../backend/backend';
import type { Between, Inside, OneOf, Recipe } from '../lib/recipe';
import { brushOf } from '../lib/recipe-mask';
import type { Brush } from '../lib/crossfilter';

/** The second t-SNE, from another start. */
const AGAIN = 'tsne2';
export const MISSING = 'missing';

/** `37,774`; `few` where the server does not tell the number. */
export function count(n: number): string {
  if (Number.isNaN(n)) return 'few';
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
  if (recipe.kind === 'inside') {
    return `inside an outline on the ${mapLabel(description, recipe.space)} map (${methodLabel(recipe.method)})`;
  }
  return `outlines: ${formula(recipe, (leaf) => leafWords(leaf, description))}`;
}

type Leaf = Inside | Between | OneOf;

function leafWords(leaf: Leaf, description: Description): string {
  if (leaf.kind === 'inside') {
    return `${mapLabel(description, leaf.space)}${leaf.method === 'tsne' ? '' : ` ${methodLabel(leaf.method)}`}`;
  }
  const phenotype = description.phenotypes.find((p) => p.name === leaf.column);
  return phenotype ? brushWords(phenotype, brushOf(leaf)) : leaf.column;
}

function formula(recipe: Recipe, name: (leaf: Leaf) => string): string {
  switch (recipe.kind) {
    case 'inside':
    case 'between':
    case 'one_of':
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
  }
}

function nested(recipe: Recipe, name: (leaf: Leaf) => string): string {
  const text = formula(recipe, name);
  return recipe.kind === 'all_of' || recipe.kind === 'any_of' ? `(${text})` : text;
}

/** A recipe in words: `Age 55 to 78 years and ECG outline`, `not A`; `named` gives the letter of a part that is a group. */
export function recipeWords(recipe: Recipe, description: Description, named: (part: Recipe) => string): string {
  const known = named(recipe);
  if (known) return known;
  const inner = (part: Recipe) => {
    const text = recipeWords(part, description, named);
    const several = 'of' in part && part.kind !== 'not' && part.of.length > 1 && !named(part);
    return several ? `(${text})` : text;
  };
  switch (recipe.kind) {
    case 'inside':
      return `${leafWords(recipe, description)} outline`;
    case 'between':
    case 'one_of':
      return leafWords(recipe, description);
    case 'not':
      return `not ${inner(recipe.of)}`;
    case 'all_of':
      return recipe.of.length > 1 ? recipe.of.map(inner).join(' and ') : only(recipe.of, 'everyone', inner);
    case 'any_of':
      return recipe.of.length > 1 ? recipe.of.map(inner).join(' or ') : only(recipe.of, 'nobody', inner);
  }
}

function only(parts: readonly Recipe[], none: string, words: (part: Recipe) => string): string {
  const [part] = parts;
  return part ? words(part) : none;
}

/** What may be read off a map, and what not. */
export function mapNote(method: string): string {
  if (method === 'pca') return 'Axes are the two directions of largest spread.';
  return method === AGAIN
    ? 'The same t-SNE from another start: believe islands that both maps show.'
    : 'Axes and distances between islands carry no meaning.';
}

export function mapLabel(description: Description, space: string): string {
  return description.spaces.find((s) => s.name === space)?.label ?? space;
}

export function methodLabel(method: string): string {
  if (method === 'tsne') return 't-SNE';
  if (method === AGAIN) return 'again';
  return method === 'pca' ? 'PCA' : method;
}

/** A value of a subject, with its unit or its level. */
export function valueWords(phenotype: Phenotype, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value) || (phenotype.levels.length && value < 0)) return MISSING;
  if (phenotype.levels.length) return phenotype.levels[value] ?? MISSING;
  return `${figure(value)}${phenotype.unit ? ` ${phenotype.unit}` : ''}`;
}

/** A place between two levels, the share of people who have the second: `No`, `8 % Yes`; else as a number without its unit. */
export function placeWords({ levels }: Phenotype, value: number): string {
  const [first, second] = levels;
  if (first === undefined || second === undefined || Number.isNaN(value)) return figure(value);
  if (value <= 0) return first;
  return value >= 1 ? second : `${Math.round(100 * value)} % ${second}`;
}

/** How many numbers a direction moves: `64 shared, ECG 0 of 128, MRI 13 of 1,411`. */
export function movesWords(moves: readonly Moved[], { spaces }: Description): string {
  const named = moves.map(({ space, n, of }, i) => {
    if (!i) return `${count(n)} shared`;
    const label = spaces.find(({ name }) => `private_${name}` === space)?.label ?? space;
    return `${label} ${count(n)} of ${count(of)}`;
  });
  return named.join(', ');
}

/** What stands beside the bars of a phenotype; a boolean one is a single bar under its own name. */
export function barLabels({ kind, label, levels }: Phenotype): readonly string[] {
  return kind === 'boolean' ? [label] : levels;
}

/** Of a person of codes that another program made: whom its model has seen is not known. */
export function broughtWords(part: string): string {
  return part === 'held_out' ? 'held out when predictions are judged' : 'taught the predictions of others';
}

/** What stands where pictures would, in a workspace of codes without decoders. */
export const NO_DECODERS =
  'This workspace holds codes and no decoders, so no recording can be drawn from a code. To bring that, ingest again with --onnx and a folder of decoders.';

export function partWords(part: string): string {
  if (part === 'train') return 'the model was trained on this person';
  return part === 'validation' ? 'used to stop the training' : 'held out: the model never saw this person';
}

/** What comes along with a phenotype in this cohort, and so along its direction. */
export function alongWords(phenotype: Phenotype, parts: readonly string[]): string {
  if (!parts.length) return '';
  const { kind, label, levels } = phenotype;
  const having = levels.length ? (kind === 'boolean' ? label : `${label} ${levels[1] ?? ''}`) : `higher ${label}`;
  return `People with ${having} here also have or are: ${parts.join(', ')}. That comes along.`;
}

/** Which way another phenotype goes with one, and its correlation; levels without an order only differ. */
export function comparedWords({ label, kind, levels }: Phenotype, r: number): string {
  const size = share(Math.abs(r));
  if (kind === 'boolean') return `${r > 0 ? 'more' : 'less'} often ${label} ${size}`;
  if (levels.length === 2) return `${r > 0 ? 'more' : 'less'} often ${levels[1] ?? label} ${size}`;
  if (levels.length > 2 && kind === 'nominal') return `another ${label} ${size}`;
  return `${r > 0 ? 'higher' : 'lower'} ${label} ${size}`;
}
