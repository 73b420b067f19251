import fc from 'fast-check';
import type { Kind, Step } from './steps.js';
import type { Skews } from './world.js';

/** How often each thing happens beside the others. */
const weights: Readonly<Record<Kind, number>> = {
  submit: 5,
  breakGlass: 3,
  review: 2,
  extend: 3,
  offer: 1,
  lengthen: 3,
  rush: 1,
  halfway: 1,
  withdraw: 2,
  answer: 5,
  endRun: 2,
  approve: 30,
  deny: 2,
  takeBack: 3,
  ask: 3,
  revoke: 2,
  raise: 1,
  release: 3,
  moment: 1,
  disableAgent: 1,
  disableHuman: 1,
  changePolicy: 2,
  agree: 3,
  waver: 1,
  cutShort: 1,
  reform: 2,
  usurp: 1,
  forge: 2,
  use: 14,
  tick: 4,
  wait: 1,
  look: 6,
  hear: 10,
  deliver: 24,
  redeliver: 6,
  nag: 6,
  crash: 2,
  pass: 34,
  settle: 5,
  flow: 12,
};
/** All that can happen. */
export const kinds = Object.keys(weights).filter((kind): kind is Kind => kind in weights);

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...kinds.map((kind) => ({ arbitrary: fc.constant(kind), weight: weights[kind] }))),
  which: fc.nat(1),
  n: fc.nat(210),
  m: fc.nat(210),
});

/** The clocks of eight processes, and what happens. */
export const story: fc.Arbitrary<{ readonly skews: Skews; readonly steps: readonly Step[] }> =
  fc.record({
    skews: fc.array(fc.constantFrom(0, 1, -1, 0.5, -0.3), { minLength: 8, maxLength: 8 }),
    steps: fc
      .array(step, { minLength: 10, maxLength: 180, size: 'max' })
      .map((steps) => [{ kind: 'submit' as const, which: 0, n: 3, m: 0 }, ...steps]),
  });
