import { describe, expect, it } from 'vitest';
import { categorical, pack, ramp } from './colour';

const LIGHT = { dark: false };
const DARK = { dark: true };

function channels(css: string): number[] {
  return [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16));
}

/** Relative luminance (WCAG 2.2). */
function luminance(css: string): number {
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const [red = 0, green = 0, blue = 0] = channels(css).map((channel) => linear(channel / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('pack', () => {
  it('puts red, green, blue and full opacity into the bytes that a canvas wants', () => {
    const bytes = new Uint8Array(Uint32Array.of(pack('#12ab9F')).buffer);
    expect([...bytes]).toEqual([0x12, 0xab, 0x9f, 0xff]);
  });

  it('reads the short form', () => {
    expect(pack('#2f0')).toBe(pack('#22ff00'));
  });

  it.each(['', 'red', '#12345', 'rgb(1 2 3)'])('refuses %j', (css) => {
    expect(() => pack(css)).toThrow(/#rrggbb/);
  });
});

describe('ramp', () => {
  // Thirds and fifths of matplotlib's viridis, none of which is an anchor of ours.
  it.each([
    [1 / 3, '#31688e'],
    [2 / 3, '#35b779'],
    [1 / 5, '#414487'],
    [4 / 5, '#7ad151'],
  ])('is viridis at %f', (share, expected) => {
    const found = channels(ramp(share / 0.88, LIGHT));
    channels(expected).forEach((channel, i) => expect(Math.abs(channel - (found[i] ?? NaN))).toBeLessThanOrEqual(6));
  });

  it('begins with the dark end on light, and with a lighter one on dark', () => {
    expect(ramp(0, LIGHT)).toBe('#440154');
    expect(luminance(ramp(0, DARK))).toBeGreaterThan(luminance(ramp(0, LIGHT)));
    expect(ramp(1, DARK)).toBe('#fde725');
  });

  it.each([LIGHT, DARK])('grows lighter all the way %o', (theme) => {
    const steps = Array.from({ length: 101 }, (_, i) => luminance(ramp(i / 100, theme)));
    steps.slice(1).forEach((step, i) => expect(step).toBeGreaterThan(steps[i] ?? NaN));
  });

  it('takes the end colours beyond its ends', () => {
    expect([ramp(-1, LIGHT), ramp(2, LIGHT)]).toEqual([ramp(0, LIGHT), ramp(1, LIGHT)]);
  });
});

describe('categorical', () => {
  it.each([LIGHT, DARK])('has ten different colours, then begins again %o', (theme) => {
    const colours = Array.from({ length: 10 }, (_, i) => categorical(i, theme));
    expect(new Set(colours).size).toBe(10);
    expect(categorical(10, theme)).toBe(colours[0]);
  });

  it('stands out from the ground of both themes', () => {
    const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    for (let i = 0; i < 10; i++) {
      expect(contrast(luminance(categorical(i, LIGHT)), luminance('#f0f0f0'))).toBeGreaterThan(1.7);
      expect(contrast(luminance(categorical(i, DARK)), luminance('#222222'))).toBeGreaterThan(3);
    }
  });
});
