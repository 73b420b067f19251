import type { Seal } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { testLog, testMessage, testSigner, type TestMessage } from '../test/test-log.js';
import { parseCheckpoint } from './checkpoint.js';
import { KeyRing, keyStatement, openKeyChain } from './key-chain.js';
import { unverifiedText } from './note.js';
import { emptyLog, SealBuilder } from './seal.js';
import { checkStream, type StreamToCheck } from './stream-check.js';

const name = 'drawbridge.test';
const at = '2026-01-05T09:00:00.000Z';
const signer = testSigner('a');
const chain = openKeyChain([keyStatement({ name, signer, at })]);
const messages = Array.from({ length: 40 }, (_, n) => testMessage(n + 1));
const others = Array.from({ length: 40 }, (_, n) => testMessage(n + 1, `other ${n}`));
const logOf = (origin: string, of = messages, by = signer) =>
  testLog(of, { from: emptyLog(origin), signer: by, version: 2 }).seals;
const own = logOf(`${name}/ACCESS`);

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function found(
  seals: readonly Seal[],
  of: readonly TestMessage[] = messages,
  more: Partial<StreamToCheck> = {},
) {
  const report = await checkStream({
    ...{ stream: 'ACCESS', origin: `${name}/ACCESS`, ring: new KeyRing(chain) },
    ...{ seals: each(seals), messages: each(of), ...more },
  });
  const { findings, unsealed, verified, passedOver } = report;
  return { kinds: [...new Set(findings.map(({ kind }) => kind))], unsealed, verified, passedOver };
}

const kept = [parseCheckpoint(unverifiedText(own.at(-1)?.note ?? ''))];

describe('a log that somebody put in the place of another', () => {
  it.each([
    ['that of another stream, signed with the same key', logOf(`${name}/HOLDS`)],
    ['that of another deployment with the same key', logOf('other.test/ACCESS')],
    ['that of another deployment', logOf(`${name}/ACCESS`, messages, testSigner('b'))],
    ['its own, with one seal of another stream', own.with(2, logOf(`${name}/HOLDS`)[2]!)],
  ])('is found: %s', async (_, seals) => {
    expect((await found(seals)).kinds).toContain('checkpoint');
  });

  it('is found by every message when whole streams or tables were swapped', async () => {
    expect(await found(own, others)).toMatchObject({ kinds: ['altered'], verified: 0 });
  });

  it('is found of an older state when there are newer messages, and by what was kept', async () => {
    const old = own.slice(0, 2);
    expect(await found(old)).toMatchObject({ kinds: [], unsealed: 20 });
    // Cut back as a whole, it is what it was then: only what stands elsewhere can tell.
    const cut = messages.slice(0, 20);
    expect(await found(old, cut)).toMatchObject({ kinds: [], unsealed: 0 });
    expect((await found(old, cut, { kept })).kinds).toEqual(['rolled_back']);
  });
});

describe('a clock that was put back', () => {
  /** Ten messages each, sealed at these times. */
  function sealedAt(times: readonly string[]): readonly Seal[] {
    let end = emptyLog(`${name}/ACCESS`);
    return times.map((time, n) => {
      const builder = new SealBuilder(end, 2);
      for (const message of messages.slice(n * 10, n * 10 + 10)) {
        builder.add({ ...message, digest: message.lineDigest });
      }
      end = builder.end;
      return builder.seal(signer, time);
    });
  }
  const gone = messages.filter(({ sequence }) => sequence < 21 || sequence > 30);

  it('does not make messages so old that they may be gone', async () => {
    const keptSince = Date.parse('2026-01-03T00:00:00.000Z');
    const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`;
    const right = sealedAt([day(4), day(5), day(6), day(7)]);
    expect((await found(right, gone, { keptSince })).kinds).toEqual(['dropped']);
    const back = sealedAt([day(4), day(5), day(1), day(7)]);
    expect((await found(back, gone, { keptSince })).kinds).toEqual(['dropped']);
    // What was old from the beginning may be.
    const old = sealedAt([day(1), day(1), day(1), day(7)]);
    expect(await found(old, gone, { keptSince })).toMatchObject({ kinds: [], passedOver: 10 });
  });
});

describe('a rotation that a stolen old key forged', () => {
  const [next, thief] = [testSigner('b'), testSigner('c')];
  const follows = (by: typeof next) =>
    keyStatement({
      ...{ name, at, signer: by },
      before: { index: 0, signer, ended: new Map([['ACCESS', 40]]) },
    });
  const first = keyStatement({ name, signer, at });

  it('is believed with the old key alone, and not with a newer one', () => {
    const forged = [first, follows(thief)];
    expect(openKeyChain(forged, signer.publicKey).keys).toHaveLength(2);
    expect(() => openKeyChain(forged, next.publicKey)).toThrow(
      expect.objectContaining({ code: 'key_untrusted' }) as Error,
    );
  });

  it('breaks the chain behind the right one', () => {
    expect(() => openKeyChain([first, follows(next), follows(thief)], signer.publicKey)).toThrow(
      expect.objectContaining({ code: 'key_chain_broken' }) as Error,
    );
  });
});
