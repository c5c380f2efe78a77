/** Colours of a theme for everything that is drawn on a canvas, and the ramps and sets that data takes. */

/** Names of the colours and the CSS custom properties that hold them. */
const TOKENS = {
  ground: '--ground',
  panel: '--panel',
  sunk: '--sunk',
  rule: '--rule',
  rule2: '--rule-2',
  ink: '--ink',
  ink2: '--ink-2',
  ink3: '--ink-3',
  mark: '--mark',
  area: '--area',
  mute: '--mute',
  accent: '--accent',
  accentInk: '--accent-ink',
  accentWash: '--accent-wash',
  bandWash: '--band-wash',
  paper: '--paper',
  paper1: '--paper-1',
  paper5: '--paper-5',
  trace: '--trace',
  now: '--now',
  pos: '--pos',
  neg: '--neg',
  groupA: '--group-a',
  groupB: '--group-b',
  groupC: '--group-c',
  groupD: '--group-d',
  groupE: '--group-e',
  groupF: '--group-f',
  groupG: '--group-g',
  groupH: '--group-h',
} as const;

type Token = keyof typeof TOKENS;

/** CSS colours of the theme that is shown. */
export interface Palette extends Readonly<Record<Token, string>> {
  readonly dark: boolean;
}

type Channels = readonly [number, number, number];

/** Viridis at every eighth (van der Walt & Smith 2015). */
const VIRIDIS = ['440154', '472d7b', '3b528b', '2c728e', '21918c', '28ae80', '5ec962', 'addc30', 'fde725'].map(
  channels,
);
/** The part of the ramp that stands out from the ground. */
const LIGHT: readonly [number, number] = [0, 0.88];
const DARK: readonly [number, number] = [0.18, 1];

/** Okabe & Ito 2008, its yellow darker on light and its black turned to the ink; two more for a tenth level. */
const SET_LIGHT = [
  ...['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9'],
  ...['#d55e00', '#b8a900', '#1b1b1b', '#8c564b', '#5e3c99'],
];
const SET_DARK = [
  ...['#2f8fd0', '#e69f00', '#1fae86', '#cc79a7', '#56b4e9'],
  ...['#f0803a', '#f0e442', '#ececec', '#b98678', '#9f86d8'],
];

/**
 * The palette of the theme that `root` has.
 *
 * @throws Error where a custom property is missing: it would be drawn black.
 */
export function readPalette(root: Element): Palette {
  const style = getComputedStyle(root);
  const colours: Record<Token, string> = { ...TOKENS };
  for (const [name, property] of Object.entries(TOKENS)) {
    const value = style.getPropertyValue(property).trim();
    if (!value) throw new Error(`the theme has no ${property}`);
    if (isToken(name)) colours[name] = value;
  }
  return { ...colours, dark: root.getAttribute('data-theme') === 'dark' };
}

function isToken(name: string): name is Token {
  return name in TOKENS;
}

/**
 * RGBA of `#rgb` or `#rrggbb`, opaque, as one little-endian pixel.
 *
 * @throws Error for any other CSS colour.
 */
export function pack(css: string): number {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(css)?.[1];
  if (!hex) throw new Error(`expected a colour as #rrggbb, found ${css}`);
  const [red, green, blue] = channels(hex.length === 3 ? hex.replace(/./g, '$&$&') : hex);
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** The colour of a number at `share` (0 to 1, clamped) of its range, as `#rrggbb`. */
export function ramp(share: number, palette: Pick<Palette, 'dark'>): string {
  const [from, to] = palette.dark ? DARK : LIGHT;
  const at = (from + (to - from) * Math.min(Math.max(share, 0), 1)) * (VIRIDIS.length - 1);
  const step = Math.min(Math.floor(at), VIRIDIS.length - 2);
  const [low, high] = [VIRIDIS[step], VIRIDIS[step + 1]];
  if (!low || !high) throw new Error(`the ramp has no colour at ${share}`);
  const mixed = low.map((channel, i) => Math.round(channel + ((high[i] ?? channel) - channel) * (at - step)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** The colour of a level by its place; from the eleventh on they begin again. */
export function categorical(level: number, palette: Pick<Palette, 'dark'>): string {
  const set = palette.dark ? SET_DARK : SET_LIGHT;
  return set[level % set.length] ?? '#000000';
}

/** The colour of a group by its letter; from the ninth on they begin again, and the letter beside it tells them apart. */
export function groupColour(letter: string, palette: Palette): string {
  const { groupA, groupB, groupC, groupD, groupE, groupF, groupG, groupH } = palette;
  const set = [groupA, groupB, groupC, groupD, groupE, groupF, groupG, groupH];
  return set[(letter.charCodeAt(0) - 65) % set.length] ?? palette.mark;
}

function channels(hex: string): Channels {
  const value = parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
