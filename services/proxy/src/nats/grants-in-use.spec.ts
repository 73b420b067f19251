import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenGrant } from '../domain/open-grants.js';
import { GrantsInUse } from './grants-in-use.js';

const grant: OpenGrant = {
  grantId: 'grant-1',
  accessRequestId: 'request-1',
  issuer: 'https://id.corp.test',
  subject: 'agent',
  connection: 'prod',
  rules: [],
  policy: 'test',
  reason: 'test',
  approvers: [],
  limits: { idleSeconds: 80 },
  issuedAtMs: 0,
  startsAtMs: 0,
  endsAtMs: 900_000,
};

function noting(note: () => Promise<void> = () => Promise.resolve()) {
  const notes = vi.fn<(grantId: string) => Promise<void>>(note);
  const silent = () => undefined;
  const state = { isOpen: true };
  const inUse = new GrantsInUse({
    note: notes,
    isOpen: () => state.isOpen,
    logger: { log: silent, warn: silent, error: silent },
  });
  return { inUse, notes, state };
}

describe('the grants in use', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it('are noted when a call begins and ends, at most every five seconds', async () => {
    const { inUse, notes } = noting();
    for (let call = 0; call < 10; call += 1) {
      const end = inUse.begin(grant);
      await inUse.noted(grant);
      end();
    }
    expect(notes.mock.calls).toStrictEqual([['grant-1']]);
    const end = inUse.begin(grant);
    await pass(5);
    end();
    expect(notes).toHaveBeenCalledTimes(2);
    inUse.close();
  });

  it('are noted a quarter of the time after the last note, while a call is open and no longer', async () => {
    const { inUse, notes } = noting();
    const [one, other] = [inUse.begin(grant), inUse.begin(grant)];
    await pass(79);
    expect(notes).toHaveBeenCalledTimes(4);
    one();
    const noted = notes.mock.calls.length;
    await pass(20);
    expect(notes).toHaveBeenCalledTimes(noted + 1);
    other();
    const last = notes.mock.calls.length;
    await pass(500);
    expect(notes).toHaveBeenCalledTimes(last);
    inUse.close();
  });

  it('make a call wait for its note, and let it fail with it', async () => {
    const { inUse, notes } = noting(() => Promise.reject(new Error('no answer')));
    const end = inUse.begin(grant);
    await expect(inUse.noted(grant)).rejects.toThrow('no answer');
    await pass(30);
    // What failed comes again soon while a call is open.
    expect(notes.mock.calls.length).toBeGreaterThan(8);
    end();
    inUse.close();
  });

  it('are not noted for ever because the last call ended while a note was under way', async () => {
    const slow = Promise.withResolvers<undefined>();
    let calls = 0;
    const { inUse, notes } = noting(() => {
      calls += 1;
      return calls === 2 ? slow.promise : Promise.resolve();
    });
    const end = inUse.begin(grant);
    await pass(20);
    expect(notes).toHaveBeenCalledTimes(2);
    end();
    slow.resolve(undefined);
    await pass(500);
    expect(notes).toHaveBeenCalledTimes(2);
    inUse.close();
  });

  it('need no note for a call that follows soon', async () => {
    const { inUse } = noting();
    inUse.begin(grant)();
    await inUse.noted(grant);
    expect(inUse.noted(grant)).toBeUndefined();
    await pass(5);
    expect(inUse.noted(grant)).toBeInstanceOf(Promise);
    inUse.close();
  });

  it.each(['has ended', 'begins as it ends', 'is closed'])(
    'are left alone when it %s',
    async (when) => {
      const { inUse, notes, state } = noting();
      if (when === 'begins as it ends') state.isOpen = false;
      const end = inUse.begin(grant);
      await pass(1);
      if (when === 'has ended') inUse.grantEnded('grant-1');
      if (when === 'is closed') inUse.close();
      const noted = notes.mock.calls.length;
      await pass(500);
      expect(notes).toHaveBeenCalledTimes(noted);
      end();
      inUse.close();
    },
  );
});
