import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Member } from '@drawbridge/contracts';
import { memberKeyOf } from '@drawbridge/jetstream';
import { InMemoryBucket } from '../../test/in-memory-bucket.js';
import { Directory } from './directory.js';
import { DirectoryUnusable, type Reading } from './read-member.js';

const issuer = 'https://id.corp.test';
const startMs = Date.parse('2026-01-05T09:00:00.000Z');
const silent = () => undefined;

function directoryOf(subjects: readonly string[], read: (subject: string) => Promise<Reading>) {
  const members = new InMemoryBucket();
  const written = vi.spyOn(members, 'write');
  const state = { sinceMs: startMs - 60_000 };
  const directory = new Directory({
    issuer,
    spec: {
      allowInsecureHttp: false,
      directory: { url: 'x', groups: '/groups', tokenFile: 'x', refreshSeconds: 30 },
    },
    parties: () => subjects.map((subject) => ({ issuer, subject, sinceMs: state.sinceMs })),
    read: (_, subject) => read(subject),
    members,
    clock: () => new Date(),
    logger: { log: silent, warn: silent, error: silent },
  });
  const readings = () => written.mock.calls.map(([, value]) => value as Member);
  return { directory, members, written, readings, state };
}
const here: Reading = { isGone: false, groups: ['sre'] };

describe('a directory', () => {
  beforeEach(() => void vi.useFakeTimers({ now: startMs }));
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it('is asked again and again, and what it says is written when it is news', async () => {
    let said = here;
    const { directory, readings } = directoryOf(['alice'], () => Promise.resolve(said));
    await directory.refresh();
    await pass(65);
    expect(readings()).toMatchObject([{ subject: 'alice', isGone: false, groups: ['sre'] }]);
    said = { isGone: true, groups: [] };
    await pass(30);
    expect(readings().slice(1)).toMatchObject([{ subject: 'alice', isGone: true }]);
    await directory.close();
    said = here;
    await pass(500);
    expect(readings()).toHaveLength(2);
  });

  it('says the same once more behind a token that was believed since', async () => {
    const { directory, readings, state } = directoryOf(['alice'], () => Promise.resolve(here));
    await directory.refresh();
    state.sinceMs = startMs + 10_000;
    await pass(31);
    await pass(60);
    expect(readings()).toHaveLength(2);
    await directory.close();
  });

  it('is asked about four at once, and about two thousand at most, those of last first', async () => {
    let [now, most] = [0, 0];
    const asked: string[] = [];
    const subjects = Array.from({ length: 2_100 }, (_, index) => `agent-${index}`);
    const { directory } = directoryOf(subjects, async (subject) => {
      asked.push(subject);
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      return here;
    });
    await directory.refresh();
    expect(most).toBe(4);
    expect(asked.toSorted()).toStrictEqual(subjects.slice(0, 2_000).toSorted());
    expect(directory.health).toStrictEqual({ asked: 2_000, failed: 0, isFull: true });
    await directory.close();
  });

  it('that fails for one says all of the others, and nothing new of that one', async () => {
    const { directory, readings } = directoryOf(['alice', 'bob'], (subject) =>
      subject === 'alice'
        ? Promise.reject(new DirectoryUnusable('directory_answer_invalid', 'x'))
        : Promise.resolve(here),
    );
    await directory.refresh();
    expect(readings().map(({ subject }) => subject)).toStrictEqual(['bob']);
    const problem = 'directory_answer_invalid';
    expect(directory.health).toStrictEqual({ asked: 2, failed: 1, isFull: false, problem });
    await directory.close();
  });

  it('is asked anew for who wants to know while it is asked', async () => {
    let calls = 0;
    const first = Promise.withResolvers<Reading>();
    const { directory } = directoryOf(['alice'], () => {
      calls += 1;
      return calls === 1 ? first.promise : Promise.resolve(here);
    });
    const running = directory.refresh();
    const [one, other] = [directory.refresh(), directory.refresh()];
    first.resolve(here);
    await Promise.all([running, one, other]);
    expect(calls).toBe(2);
    await directory.close();
  });

  it('never puts an older answer over a newer one of another replica', async () => {
    const slow = Promise.withResolvers<Reading>();
    const { directory, members } = directoryOf(['alice'], () => slow.promise);
    const running = directory.refresh();
    await pass(1);
    const key = memberKeyOf({ issuer, subject: 'alice' });
    await members.write(key, { isGone: true }, 0);
    slow.resolve(here);
    await running;
    expect((await members.read(key)).value).toStrictEqual({ isGone: true });
    await directory.close();
  });
});
