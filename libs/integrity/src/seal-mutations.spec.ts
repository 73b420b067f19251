import type { Seal } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { testLog, testMessage, testSigner } from '../test/test-log.js';
import { parseCheckpoint } from './checkpoint.js';
import { KeyRing, keyStatement, openKeyChain } from './key-chain.js';
import type { ReadMessage } from './message-check.js';
import { unverifiedText } from './note.js';
import { checkStream } from './stream-check.js';

const name = 'drawbridge.test';
const MESSAGES = 120;
const messages = Array.from({ length: MESSAGES }, (_, n) => testMessage(n + 1));
const statement = keyStatement({ name, signer: testSigner('a'), at: '2026-01-05T09:00:00.000Z' });

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

const check = (seals: readonly Seal[], last?: Seal) =>
  checkStream({
    ...{ stream: 'ACCESS', origin: `${name}/ACCESS`, ring: new KeyRing(openKeyChain([statement])) },
    ...{ seals: each(seals), messages: each<ReadMessage>(messages) },
    kept: last === undefined ? [] : [parseCheckpoint(unverifiedText(last.note))],
  });

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One byte of one of its parts, or the part of another. */
function changed(seal: Seal, other: Seal, roll: (below: number) => number): Seal {
  const part = (['note', 'links', 'frontier'] as const)[roll(3)] ?? 'note';
  if (roll(2) === 0) return { ...seal, [part]: other[part] };
  const flip = (text: string): string => {
    const at = roll(text.length);
    return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  };
  if (part !== 'frontier') return { ...seal, [part]: flip(seal[part]) };
  const index = roll(seal.frontier.length);
  return { ...seal, frontier: seal.frontier.map((hash, n) => (n === index ? flip(hash) : hash)) };
}

/** What was done, and the seals then. */
function mutated(
  given: readonly Seal[],
  roll: (below: number) => number,
): readonly [what: string, seals: readonly Seal[]] {
  const seals = [...given];
  const at = roll(seals.length);
  const from = roll(seals.length);
  const [seal, other] = [seals[at], seals[from]];
  if (seal === undefined || other === undefined) throw new Error('no seal');
  switch (roll(6)) {
    case 0:
      return ['dropped', seals.toSpliced(at, 1)];
    case 1:
      return ['put in again', seals.toSpliced(from, 0, seal)];
    case 2:
      return ['swapped', seals.with(at, other).with(from, seal)];
    case 3:
      return ['replaced by an older one', seals.with(at, seals[roll(at + 1)] ?? seal)];
    case 4:
      return ['cut off', seals.slice(0, at)];
    default:
      return ['changed', seals.with(at, changed(seal, other, roll))];
  }
}

describe.each([1, 2] as const)('the checkpoints themselves, of version %i', (version) => {
  const log = testLog(messages, { version });
  const last = log.seals.at(-1);

  it('show every change: 1000 of them', async () => {
    const roll = dice(7);
    const missed: string[] = [];
    for (let done = 0; done < 1_000;) {
      const [what, seals] = mutated(log.seals, roll);
      if (JSON.stringify(seals) === JSON.stringify(log.seals)) continue;
      done += 1;
      const { findings, unsealed } = await check(seals);
      // The last ones alone may be missing unseen: then nothing speaks of the messages behind, which is told.
      const isTold = findings.length > 0 || unsealed > 0;
      const { findings: withKept } = await check(seals, last);
      if (!isTold || withKept.length === 0) missed.push(what);
    }
    expect(missed).toEqual([]);
  });

  it('are right as they are', async () => {
    expect((await check(log.seals, last)).findings).toEqual([]);
  });
});
