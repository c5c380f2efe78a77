import { describe, expect, it } from 'vitest';
import { columnsOf, PULSE_MM, roomier, sheetOf, spread, type Sheet } from './ecg-layout';
import { gainOf, type Leads } from './ecg-leads';

const ALL = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

/** Beats of 1.2 s; `spikes` has mV of one sharp deflection at 0.434 s. */
function beats(names: readonly string[], spikes: Readonly<Record<string, number>> = {}): Leads {
  return new Map(
    names.map((name) => {
      const values = new Float32Array(600);
      values[217] = spikes[name] ?? 0.5;
      return [name, { values, step: 0.002 }];
    }),
  );
}

function place(sheet: Sheet, lead: string): { x: number; y: number } {
  const found = sheet.places.find((one) => one.lead === lead);
  if (!found) throw new Error(`${lead} is not on the sheet`);
  return found;
}

describe('the sheet of an ECG', () => {
  it('stands as cardiologists read it: I aVR V1 V4 over II aVL V2 V5 over III aVF V3 V6', () => {
    expect(columnsOf(ALL)).toEqual([
      ['I', 'II', 'III'],
      ['aVR', 'aVL', 'aVF'],
      ['V1', 'V2', 'V3'],
      ['V4', 'V5', 'V6'],
    ]);
  });
  it('1.2 seconds are 30 mm of paper', () => {
    const sheet = sheetOf([beats(ALL)]);
    expect(place(sheet, 'aVF').x - place(sheet, 'III').x).toBe(30);
    expect(sheet.width).toBe(PULSE_MM + 120);
  });
  it('leaves out columns and rows of which nothing is there', () => {
    expect(columnsOf(['V1', 'V2', 'V3', 'V4', 'V5', 'V6'])).toHaveLength(2);
    expect(columnsOf(['II', 'V5'])).toEqual([['II'], ['V5']]);
    expect(sheetOf([beats(['II'])]).rows).toHaveLength(1);
  });
  it('leads that are no standard leads get columns of their own', () => {
    expect(columnsOf(['X', 'Y', 'Z', 'W'])).toEqual([['X', 'Y', 'Z'], ['W']]);
  });
  it('no deep S wave meets the R wave of the lead below it', () => {
    const spikes = { V1: -4, V2: 4.5, aVL: -1.8, aVF: 2.6 };
    const sheet = sheetOf([beats(ALL, spikes)]);
    const end = (lead: keyof typeof spikes) => place(sheet, lead).y - spikes[lead] * gainOf(lead);
    expect(end('V2')).toBeGreaterThan(end('V1'));
    expect(end('aVF')).toBeGreaterThan(end('aVL'));
  });
  it('everything that is drawn stays on the paper, of every layer', () => {
    const sheet = sheetOf([beats(ALL), beats(ALL, { I: 3.5, V6: -5 })]);
    expect(place(sheet, 'I').y - 35).toBeGreaterThanOrEqual(0);
    expect(place(sheet, 'V6').y + 25).toBeLessThanOrEqual(sheet.height);
  });
  it('baselines and height are whole millimetres', () => {
    const sheet = sheetOf([beats(ALL, { V2: -2.3333 })]);
    expect([...sheet.rows, sheet.height].every(Number.isInteger)).toBe(true);
  });
  it('quiet ECGs take little paper', () => {
    expect(sheetOf([beats(ALL)]).height).toBeLessThan(60);
  });
  it('a narrow sheet has the limb leads at the left and the chest leads at the right', () => {
    expect(columnsOf(ALL, '6x2').map((column) => column.join(' '))).toEqual([
      'I II III aVR aVL aVF',
      'V1 V2 V3 V4 V5 V6',
    ]);
    expect(sheetOf([beats(ALL)], '6x2').width).toBe(PULSE_MM + 60);
  });
  it('more paper spreads quiet rows evenly, and the same for every quiet ECG', () => {
    const sheet = spread(sheetOf([beats(ALL)]), 66);
    expect(sheet).toMatchObject({ height: 66, rows: [13, 35, 57] });
    expect(place(sheet, 'V6').y).toBe(57);
    expect(spread(sheetOf([beats(ALL, { V1: -1.2 })]), 66).rows).toEqual(sheet.rows);
  });
  it('more paper never brings two rows closer than they must be', () => {
    const tight = sheetOf([beats(ALL, { I: 2.5 })]);
    const sheet = spread(tight, tight.height + 3);
    expect(sheet.height).toBe(tight.height + 3);
    sheet.rows.forEach((y, i) => {
      const before = tight.rows[i - 1] ?? 0;
      expect(y - (sheet.rows[i - 1] ?? 0)).toBeGreaterThanOrEqual((tight.rows[i] ?? 0) - before);
    });
    expect(spread(tight, 10)).toBe(tight);
  });
  it('the pulse steps down where chest leads have another height', () => {
    expect(sheetOf([beats(ALL)]).pulse).toEqual([10, 5]);
    expect(sheetOf([beats(['V1'])]).pulse).toEqual([5]);
  });
  it('a sheet grows with a dragged dot and never shrinks', () => {
    const tall = sheetOf([beats(ALL, { V2: 4, V6: -4 })]);
    const low = sheetOf([beats(ALL)]);
    expect(roomier(low, tall)).toMatchObject({ rows: tall.rows, height: tall.height });
    expect(roomier(tall, low)).toMatchObject({ rows: tall.rows, height: tall.height });
    expect(roomier(low, tall).places.map(({ y }) => y)).toEqual(tall.places.map(({ y }) => y));
  });
});
