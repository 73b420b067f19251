import type { Seal } from '@drawbridge/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testLog, testMessage, testSigner } from '../test/test-log.js';
import { openCheckpoint } from './checkpoint.js';
import { KeyRing, keyStatement, openKeyChain } from './key-chain.js';
import type { SealedMessage } from './link.js';
import { sha256 } from './merkle.js';
import { emptyLog, openSeal } from './seal.js';
import { checkStream, type StreamToCheck } from './stream-check.js';

const name = 'drawbridge.test';
const origin = `${name}/ACCESS`;
const signer = testSigner('a');
const at = '2026-01-05T09:00:00.000Z';
const statements = [keyStatement({ name, at, signer })];
const sequences = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
const all = sequences(1, 95).map((sequence) => testMessage(sequence));
const { seals } = testLog(all);

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

interface Given extends Partial<Omit<StreamToCheck, 'seals' | 'messages'>> {
  readonly seals?: readonly Seal[];
  readonly messages?: readonly SealedMessage[];
}
const check = ({ seals: given = seals, messages = all, ...rest }: Given = {}) =>
  checkStream({
    stream: 'ACCESS',
    origin,
    ring: new KeyRing(openKeyChain(statements, signer.publicKey)),
    seals: each(given),
    messages: each(messages),
    ...rest,
  });
/** Kinds and sequences of what was found. */
const found = async (given: Given) =>
  (await check(given)).findings.map(({ kind, sequence, to }) =>
    to === undefined ? [kind, sequence] : [kind, sequence, to],
  );
const changed = (sequence: number, change: Partial<SealedMessage>) =>
  all.map((message) => (message.sequence === sequence ? { ...message, ...change } : message));
const digest = sha256(Buffer.from('other'));
const without = (from: number, to = from) =>
  all.filter(({ sequence }) => sequence < from || sequence > to);

describe('a stream that is as it was sealed', () => {
  it('is verified whole', async () => {
    expect(await check()).toMatchObject({
      verified: 95,
      unsealed: 0,
      passedOver: 0,
      findings: [],
      last: { size: 95, last: 95 },
    });
  });

  it('may have had gaps then, which are told', async () => {
    const some = all.filter(({ sequence }) => sequence > 4 && sequence !== 33 && sequence !== 34);
    const report = await check({ seals: testLog(some).seals, messages: some });
    expect(report).toMatchObject({
      verified: 89,
      findings: [],
      gaps: [
        [1, 4],
        [33, 34],
      ],
    });
  });

  it('counts what was not sealed yet', async () => {
    const more = [...all, testMessage(96), testMessage(97)];
    expect(await check({ messages: more })).toMatchObject({ verified: 95, unsealed: 2 });
  });

  it('may have lost what is only kept for a time', async () => {
    const report = await check({
      messages: without(1, 42),
      wanted: [[43, Number.MAX_SAFE_INTEGER]],
    });
    expect(report).toMatchObject({ verified: 53, passedOver: 42, findings: [] });
  });

  it('may miss what was sealed too long ago, and nothing else', async () => {
    // The third seal, of the messages 21 to 30, says the twentieth millisecond.
    const keptSince = 1_767_600_000_000 + 20;
    expect(await found({ messages: without(1, 15), keptSince })).toEqual([]);
    expect(await found({ messages: without(1, 23), keptSince })).toEqual([['dropped', 21, 23]]);
  });

  it('is verified in parts', async () => {
    const report = await check({
      seals: seals.filter((_, n) => n === 2 || n === 5 || n === 6),
      messages: all.filter(({ sequence }) =>
        [21, 30, 55, 56, 57, 58, 59, 60, 61].includes(sequence),
      ),
      wanted: [
        [21, 21],
        [30, 30],
        [55, 61],
      ],
      partial: true,
    });
    expect(report).toMatchObject({ verified: 9, passedOver: 21, findings: [] });
  });
});

describe('a message', () => {
  it.each([
    ['content', { digest }],
    ['subject', { subject: 'drawbridge.access.other' }],
    ['time', { storedAt: 1 }],
  ])('with another %s is found', async (_, change) => {
    for (const sequence of [1, 10, 11, 50, 95]) {
      expect(await found({ messages: changed(sequence, change) })).toEqual([['altered', sequence]]);
    }
  });

  it('that is not there is found', async () => {
    for (const sequence of [1, 10, 11, 50, 94]) {
      expect(await found({ messages: without(sequence) })).toEqual([['dropped', sequence]]);
    }
    expect(await found({ messages: without(8, 33) })).toEqual([['dropped', 8, 33]]);
  });

  it('is missed at the end', async () => {
    expect(await found({ messages: without(95) })).toEqual([['truncated', 95]]);
    expect(await found({ messages: without(40, 95) })).toEqual([['truncated', 40, 95]]);
    expect(await found({ messages: [] })).toEqual([['truncated', 1, 95]]);
  });

  it('that stands earlier or later is found', async () => {
    const [later] = all.slice(49, 50);
    const moved = without(50).toSpliced(60, 0, later ?? testMessage(50));
    expect(await found({ messages: moved })).toContainEqual([expect.any(String), 50]);
    const swapped = all.with(49, testMessage(51)).with(50, testMessage(50));
    expect(await found({ messages: swapped })).toEqual([['reordered', 51]]);
  });

  it('that took the number of another is found, and the other too', async () => {
    const swapped = changed(12, { ...testMessage(17), sequence: 12 }).map((message) =>
      message.sequence === 17 ? { ...testMessage(12), sequence: 17 } : message,
    );
    expect(await found({ messages: swapped })).toEqual([
      ['reordered', 12],
      ['reordered', 17],
    ]);
    const contents = changed(12, { digest: testMessage(17).digest }).map((message) =>
      message.sequence === 17 ? { ...message, digest: testMessage(12).digest } : message,
    );
    expect(await found({ messages: contents })).toEqual([
      ['reordered', 12],
      ['reordered', 17],
    ]);
  });

  it('that was never sealed there is found', async () => {
    expect(await found({ messages: all.toSpliced(30, 0, testMessage(30)) })).toEqual([
      ['added', 30],
    ]);
    const { seals: gapped } = testLog(without(33, 34));
    expect(await found({ seals: gapped })).toEqual([
      ['added', 33],
      ['added', 34],
    ]);
  });

  it('with any number in the place of its own is found, wherever it leads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 95 }),
        fc.integer({ min: 1, max: 1e6 }),
        async (one, other) => {
          fc.pre(one !== other);
          const report = await check({ messages: changed(one, { sequence: other }) });
          expect(report.findings.some(({ sequence }) => sequence === one)).toBe(true);
          expect(report.verified).toBe(94);
        },
      ),
    );
  });
});

describe('a checkpoint', () => {
  const forged = (change: Partial<Seal>) => seals.with(4, { ...seals[4]!, ...change });

  it('with any byte changed is found at its place', async () => {
    const { note } = seals[4]!;
    for (let n = 0; n < note.length; n += 7) {
      const code = note.charCodeAt(n) ^ 1;
      const other = note.slice(0, n) + String.fromCharCode(code) + note.slice(n + 1);
      const [first] = await found({ seals: forged({ note: other }) });
      expect(first, `character ${n}`).toEqual(['checkpoint', 41]);
    }
  });

  it.each([
    ['links', { links: testLog(all.map((message) => ({ ...message, digest }))).seals[4]!.links }],
    ['no links', { links: '' }],
    ['the tree before', { frontier: seals[5]!.frontier }],
    ['no tree before', { frontier: [] }],
  ])('with %s of something else is found', async (_, change) => {
    expect((await found({ seals: forged(change) }))[0]).toEqual(['checkpoint', 41]);
  });

  it('by another key is refused', async () => {
    const other = testLog(all, { signer: testSigner('x') });
    expect((await check({ seals: other.seals })).findings[0]).toMatchObject({
      kind: 'checkpoint',
      text: expect.stringContaining('note_unsigned') as string,
    });
  });

  it('of another stream is refused, also with the same key', async () => {
    const other = testLog(all, { from: emptyLog(`${name}/HOLDS`) });
    expect((await found({ seals: other.seals }))[0]).toEqual(['checkpoint', 1]);
    const { note } = other.seals[0]!;
    const log = { name: origin, key: signer.publicKey };
    expect(() => openSeal({ ...seals[0]!, note }, log)).toThrow(/no signature/);
  });

  it('that is missing is found, and that what it spoke of is not known', async () => {
    const report = await check({ seals: seals.toSpliced(4, 1) });
    expect(report.findings.map(({ kind, sequence }) => [kind, sequence])).toEqual([
      ['checkpoint', 51],
    ]);
    expect(report).toMatchObject({ verified: 85, unsealed: 10 });
  });

  it('that is older, put in again, is found', async () => {
    expect(await found({ seals: [...seals, seals[3]!] })).toEqual([['checkpoint', 31]]);
  });

  it('of a tree that grew another way is found: a split view', async () => {
    const other = testLog(changed(45, { digest }));
    expect((await found({ seals: [...seals.slice(0, 6), ...other.seals.slice(6)] }))[0]).toEqual([
      'checkpoint',
      61,
    ]);
  });

  it('in a part of the log must speak of what is wanted', async () => {
    const given = { seals: [seals[2]!, seals[4]!], messages: all.slice(20, 50), partial: true };
    expect(await found({ ...given, wanted: [[21, 50]] })).toEqual([
      ['unsealed', 31, 40],
      ['added', 31],
      ...sequences(32, 40).map((sequence) => ['added', sequence]),
    ]);
  });
});

describe('an export that names its messages one by one', () => {
  it('is gone through once, however many checkpoints it has', async () => {
    const many = sequences(1, 950).map((sequence) => testMessage(sequence));
    let looks = 0;
    const wanted = new Proxy(
      many.map(({ sequence }): [number, number] => [sequence, sequence]),
      {
        get: (ranges, key, receiver) => {
          if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
          return Reflect.get(ranges, key, receiver) as unknown;
        },
      },
    );
    const given = { seals: testLog(many).seals, messages: many, partial: true, wanted };
    expect(await found(given)).toEqual([]);
    expect(looks).toBeLessThan(10_000);
  });
});

describe('a checkpoint that was kept elsewhere', () => {
  const keptOf = (seal: Seal) => openCheckpoint(seal.note, { name: origin, key: signer.publicKey });

  it('is found in the log', async () => {
    const kept = seals.map(keptOf);
    expect(await found({ kept })).toEqual([]);
  });

  it('tells of a log that was made anew, every seal of which is right by itself', async () => {
    const other = changed(45, { digest });
    const remade = { messages: other, seals: testLog(other).seals };
    expect(await found(remade)).toEqual([]);
    expect(await found({ ...remade, kept: [keptOf(seals[3]!)] })).toEqual([]);
    expect(await found({ ...remade, kept: [keptOf(seals[4]!)] })).toEqual([['rolled_back', 50]]);
  });

  it('tells of a log that was cut back', async () => {
    const cut = { messages: all.slice(0, 40), seals: seals.slice(0, 4) };
    expect(await found(cut)).toEqual([]);
    expect(await found({ ...cut, kept: [keptOf(seals[6]!)] })).toEqual([
      ['rolled_back', undefined],
    ]);
  });
});

describe('a key that was changed', () => {
  const next = testSigner('b');
  const rotated = [
    ...statements,
    keyStatement({
      ...{ name, at, signer: next },
      before: { index: 0, signer, ended: new Map([['ACCESS', 50]]) },
    }),
  ];
  const before = testLog(all.slice(0, 50));
  const after = testLog(all.slice(50), { signer: next, from: before.end });
  const ring = () => new KeyRing(openKeyChain(rotated, signer.publicKey));

  it('is followed with the first public key alone', async () => {
    const report = await check({ ring: ring(), seals: [...before.seals, ...after.seals] });
    expect(report).toMatchObject({ verified: 95, findings: [] });
  });

  it('signs nothing afterwards', async () => {
    const late = testLog(all.slice(60), {
      from: testLog(all.slice(50, 60), { signer: next, from: before.end }).end,
    });
    const given = [...before.seals, after.seals[0]!, ...late.seals];
    expect((await found({ ring: ring(), seals: given }))[0]).toEqual(['checkpoint', 61]);
  });

  it('signs nothing afterwards of a stream that the next one has not sealed yet', async () => {
    const late = testLog(all.slice(50), { from: before.end });
    const given = [...before.seals, ...late.seals];
    expect((await found({ ring: ring(), seals: given }))[0]).toEqual(['checkpoint', 51]);
    const old = new KeyRing(openKeyChain(statements));
    expect(await found({ ring: old, seals: given })).toEqual([]);
  });
});
