import { describe, expect, it } from 'vitest';
import { KeyRing, keyStatement, openKeyChain } from './key-chain.js';
import { NoteRefused, openNote, signNote } from './note.js';
import { testSigner } from '../test/test-log.js';

const at = '2026-01-05T09:00:00.000Z';
const name = 'drawbridge.test';
const [first, second, third, stranger] = ['a', 'b', 'c', 'x'].map(testSigner) as [
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
];
const ended = new Map([['ACCESS', 7]]);
const chain = [
  keyStatement({ name, at, signer: first }),
  keyStatement({ name, at, signer: second, before: { index: 0, signer: first, ended } }),
  keyStatement({ name, at, signer: third, before: { index: 1, signer: second, ended } }),
];
const [one = '', two = '', three = ''] = chain;
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

describe('a chain of keys', () => {
  it.each([
    ['the first', first],
    ['one in the middle', second],
    ['the last', third],
  ])('is believed with %s key alone', (_, trusted) => {
    const { keys } = openKeyChain(chain, trusted.publicKey);
    expect(keys.map(({ key }) => key)).toEqual(
      [first, second, third].map(({ publicKey }) => publicKey),
    );
  });

  it('is not believed with a key that never signed', () => {
    expect(() => openKeyChain(chain, stranger.publicKey)).toThrow(code('key_untrusted'));
  });

  it.each([
    ['nothing', []],
    ['a statement left out', [one, three]],
    ['the first left out', [two, three]],
    ['another order', [two, one]],
    ['one twice', [one, one]],
    [
      'the second of another log',
      [
        one,
        keyStatement({
          name: 'other',
          at,
          signer: second,
          before: { index: 0, signer: first, ended },
        }),
      ],
    ],
    [
      'a key that another key brought',
      [
        one,
        keyStatement({ name, at, signer: second, before: { index: 0, signer: stranger, ended } }),
      ],
    ],
  ])('is refused with %s', (_, statements) => {
    expect(() => openKeyChain(statements, first.publicKey)).toThrow(code('key_chain_broken'));
  });

  it('is refused when the old key did not sign the new one', () => {
    const text = `${two.split('\n\n')[0] ?? ''}\n`;
    const alone = signNote(text, [{ name: `${name}/keys`, key: second }]);
    expect(() => openKeyChain([one, alone])).toThrow(code('note_unsigned'));
  });

  it('is refused when the new key did not sign that it is one', () => {
    const text = `${two.split('\n\n')[0] ?? ''}\n`;
    const stolen = signNote(text, [{ name: `${name}/keys`, key: first }]);
    expect(() => openKeyChain([one, stolen])).toThrow(code('note_unsigned'));
  });

  it('is refused when a statement is something else that was signed', () => {
    const other = signNote('hello\n', [{ name: `${name}/keys`, key: first }]);
    expect(() => openKeyChain([other])).toThrow(code('key_statement_malformed'));
  });
});

describe('a ring of keys', () => {
  const checkpoint = (size: number, stream = 'ACCESS') => ({ origin: `${name}/${stream}`, size });
  const noteOf = (signer: typeof first) => signNote('text\n', [{ name, key: signer }]);
  const open = (ring: KeyRing, note: string, of = checkpoint(1)) =>
    ring.open((key) => ({ text: openNote(note, { name, key }), checkpoint: of })).text;

  it('moves on with the keys and never back', () => {
    const ring = new KeyRing(openKeyChain(chain));
    expect(open(ring, noteOf(first))).toBe('text\n');
    expect(open(ring, noteOf(third))).toBe('text\n');
    expect(() => open(ring, noteOf(second))).toThrow(NoteRefused);
    expect(() => open(ring, noteOf(stranger))).toThrow(code('note_unsigned'));
  });

  it('takes nothing of an old key that was not there when the next one began', () => {
    const opened = openKeyChain(chain);
    expect(open(new KeyRing(opened), noteOf(first), checkpoint(7))).toBe('text\n');
    for (const [signer, of] of [
      [first, checkpoint(8)],
      [second, checkpoint(8)],
      [first, checkpoint(1, 'HOLDS')],
    ] as const) {
      const ring = new KeyRing(opened);
      expect(() => open(ring, noteOf(signer), of)).toThrow(code('checkpoint_key_over'));
    }
    expect(open(new KeyRing(opened), noteOf(third), checkpoint(8))).toBe('text\n');
  });

  it('believes a size that could not be read, and statements of before there were any', () => {
    const any = new Map([['ACCESS', Infinity]]);
    const next = (sizes: typeof ended) =>
      keyStatement({ name, at, signer: second, before: { index: 0, signer: first, ended: sizes } });
    const open8 = (statement: string) =>
      open(new KeyRing(openKeyChain([one, statement])), noteOf(first), checkpoint(8));
    expect(open8(next(any))).toBe('text\n');
    const [old = ''] = next(any).split('ended');
    const signed = signNote(
      old,
      [first, second].map((key) => ({ name: `${name}/keys`, key })),
    );
    expect(open8(signed)).toBe('text\n');
    expect(() => open8(next(new Map()))).toThrow(code('checkpoint_key_over'));
  });
});
