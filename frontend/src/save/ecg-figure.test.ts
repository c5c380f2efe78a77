import { describe, expect, it } from 'vitest';
import type { Trace } from '../plot/ecg-leads';
import { ecgFigure } from './ecg-figure';
import { sheetOf } from './figure';
import { palette } from './palette.fixture';

const STEP = 0.002;
const SAMPLES = 500;

/** One second in which a lead rises by 1 mV at half time. */
function step(role: Trace['role'], leads: string[]): Trace {
  const values = new Float32Array(leads.length * SAMPLES);
  for (let i = 0; i < values.length; i++) values[i] = i % SAMPLES < SAMPLES / 2 ? 0 : 1;
  return { role, leads, values, samples: SAMPLES, step: STEP };
}

function drawn(traces: Trace[]): string {
  const picture = { title: 'ECG <1>', base: 'recorded', now: 'now', traces, palette, methods: 'A & B · GENERATED' };
  return sheetOf(ecgFigure(picture)).svg;
}

/** x and y of every point of a path. */
function points(svg: string, id: string): [number, number][] {
  const d = new RegExp(`id="${id}" d="([^"]+)"`).exec(svg)?.[1] ?? '';
  return [...d.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

describe('an ECG as SVG', () => {
  const svg = drawn([step('recorded', ['I', 'V1']), step('now', ['I', 'V1'])]);

  it('runs at 25 mm in a second', () => {
    const line = points(svg, 'now-I');
    expect(line).toHaveLength(SAMPLES);
    const [first, last] = [line[0]?.[0] ?? NaN, line.at(-1)?.[0] ?? NaN];
    expect(last - first).toBeCloseTo(25 * STEP * (SAMPLES - 1), 2);
  });

  it('rises by 10 mm for a millivolt in limb leads and by 5 mm in chest leads', () => {
    for (const [lead, height] of [
      ['I', 10],
      ['V1', 5],
    ] as const) {
      for (const role of ['before', 'now']) {
        const line = points(svg, `${role}-${lead}`);
        expect((line[0]?.[1] ?? NaN) - (line.at(-1)?.[1] ?? NaN)).toBeCloseTo(height, 2);
      }
    }
  });

  it('has a size in millimetres that is the one of its view, so that a millimetre of it is one on paper', () => {
    const [, width, height, box] = /width="([\d.]+)mm" height="([\d.]+)mm" viewBox="0 0 ([^"]+)"/.exec(svg) ?? [];
    expect(box).toBe(`${width} ${height}`);
  });

  it('says where it comes from in words, in the description and in the metadata', () => {
    expect(svg).toContain('<desc>A &amp; B · GENERATED</desc><metadata>A &amp; B · GENERATED</metadata>');
    expect(svg).toMatch(/<text[^>]*>A &amp; B · GENERATED<\/text>/);
  });

  it('is marked GENERATED only where something is drawn', () => {
    const mark = />GENERATED<\/text>/;
    expect(svg).toMatch(mark);
    expect(drawn([step('recorded', ['I'])])).not.toMatch(mark);
  });
});
