/** The state before the first byte; also "this byte does not belong to the scalar" as a next state. */
export const SCALAR_START = 0;

const DIGIT = '0123456789';
const DIGIT_1_9 = '123456789';
const ends = new Set(['zero', 'integer', 'fraction', 'power', 'true', 'false', 'null']);

type Transition = readonly [from: string, characters: string, to: string];

const numbers: readonly Transition[] = [
  ['', '-', 'minus'],
  ['', '0', 'zero'],
  ['', DIGIT_1_9, 'integer'],
  ['minus', '0', 'zero'],
  ['minus', DIGIT_1_9, 'integer'],
  ['integer', DIGIT, 'integer'],
  ['zero', '.', 'point'],
  ['integer', '.', 'point'],
  ['point', DIGIT, 'fraction'],
  ['fraction', DIGIT, 'fraction'],
  ...['zero', 'integer', 'fraction'].map((from): Transition => [from, 'eE', 'exponent']),
  ['exponent', '+-', 'sign'],
  ['exponent', DIGIT, 'power'],
  ['sign', DIGIT, 'power'],
  ['power', DIGIT, 'power'],
];

const words: readonly Transition[] = ['true', 'false', 'null'].flatMap((word) =>
  Array.from(word, (letter, index): Transition => [
    word.slice(0, index),
    letter,
    word.slice(0, index + 1),
  ]),
);

const { table, ending } = buildTables([...numbers, ...words]);

/** The same as tables: next state by state and byte, and by state whether a scalar may end in it. */
export const scalarTables: { readonly table: Uint8Array; readonly ending: Uint8Array } = {
  table,
  ending,
};

/** Next state by state and byte: the grammar of numbers, `true`, `false` and `null`. */
export const nextScalar = (state: number, byte: number): number => table[(state << 8) | byte] ?? 0;

/** Whether a scalar may end in this state. */
export const mayEnd = (state: number): boolean => ending[state] === 1;

function buildTables(transitions: readonly Transition[]) {
  const names = [...new Set(transitions.flatMap(([from, , to]) => [from, to]))];
  const table = new Uint8Array(names.length * 256);
  for (const [from, characters, to] of transitions) {
    for (const character of characters) {
      table[(names.indexOf(from) << 8) | character.charCodeAt(0)] = names.indexOf(to);
    }
  }
  const ending = Uint8Array.from(names, (name) => (ends.has(name) ? 1 : 0));
  return { table, ending };
}
