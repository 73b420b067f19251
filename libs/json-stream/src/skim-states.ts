import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, OBJECT_NEXT, VALUE } from './byte-kind.js';
import { STATE } from './skim-memory.js';

/** What may come next, by the skimmer's states; behind a value it depends on what that stands in. */
const expectations: readonly number[] = [
  VALUE,
  VALUE | CLOSE_ARRAY,
  OBJECT_NEXT | CLOSE_OBJECT,
  OBJECT_NEXT,
  COLON,
];

const states = new Uint8Array(2 * Math.max(...expectations)).fill(STATE.behind);
expectations.forEach((expectation, state) => {
  states[expectation] = state;
});

/** The state of the skimmer in which so much may come next, inside of a container. */
export const stateOf = (expect: number): number => states[expect] ?? STATE.behind;

/** @returns `undefined` behind a value */
export const expectationOf = (state: number): number | undefined => expectations[state];
