/** The leads of an ECG: those that were given and those that follow from I and II. */

import type { Role } from './handle';

export interface Trace {
  role: Role;
  leads: readonly string[];
  /** Leads x samples, in mV. */
  values: Float32Array;
  samples: number;
  /** Seconds between two samples. */
  step: number;
}

export interface Lead {
  values: Float32Array;
  step: number;
}

export type Leads = ReadonlyMap<string, Lead>;

/** Limb leads as sums of I and II (Einthoven, Goldberger). */
const DERIVED: readonly (readonly [name: string, one: number, two: number])[] = [
  ['III', -1, 1],
  ['aVR', -0.5, -0.5],
  ['aVL', 1, -0.5],
  ['aVF', -0.5, 1],
];

/** Every lead of the traces of one role; limb leads that nobody gave are derived where I and II are there. */
export function leadsOf(traces: readonly Trace[], roles: readonly Role[]): Leads {
  return derive(given(traces, roles));
}

/** Bounds of the leads that were given: that of a sum is not the sum of bounds, so none is derived. */
export function boundsOf(traces: readonly Trace[], role: 'low' | 'high'): Leads {
  return given(traces, [role]);
}

function given(traces: readonly Trace[], roles: readonly Role[]): Map<string, Lead> {
  const found = new Map<string, Lead>();
  for (const trace of traces) {
    if (!roles.includes(trace.role)) continue;
    trace.leads.forEach((name, i) => {
      const values = trace.values.subarray(i * trace.samples, (i + 1) * trace.samples);
      found.set(name, { values, step: trace.step });
    });
  }
  return found;
}

function derive(found: Map<string, Lead>): Leads {
  const one = found.get('I');
  const two = found.get('II');
  if (!one || !two || one.values.length !== two.values.length) return found;
  for (const [name, a, b] of DERIVED) {
    if (found.has(name)) continue;
    const values = one.values.map((value, i) => a * value + b * (two.values[i] ?? NaN));
    found.set(name, { values, step: one.step });
  }
  return found;
}

export function isChest(lead: string): boolean {
  return /^V\d/i.test(lead);
}

/** Millimetres of paper for 1 mV: chest leads at half height, or hypertrophy runs into the next row. */
export function gainOf(lead: string): number {
  return isChest(lead) ? 5 : 10;
}
