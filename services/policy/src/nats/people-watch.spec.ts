import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { allowed, extended, running, wished, yesTo } from '../../test/extension-story.js';
import { agent, alice, at, bob, carol, dana, issued, terms, voidedOf } from '../../test/story.js';
import { PeopleWatch } from './people-watch.js';

const requestId = '019c0000-1111-7000-8000-000000000001';

const event = (event: AccessEvent, index = 0) => ({
  ...{ id: 'event', aggregateId: requestId, causationId: 'test', at, event, sequence: index + 1 },
  actor: { kind: 'service', id: 'policy' } as const,
});

function watching(): { readonly watch: PeopleWatch; readonly done: string[] } {
  const done: string[] = [];
  const note = (command: string) => () => {
    done.push(command);
    return Promise.resolve();
  };
  const silent = () => undefined;
  const watch = new PeopleWatch({
    commands: { recheck: note('recheck'), endUnapprovable: note('endUnapprovable') },
    clock: () => new Date(),
    logger: { log: silent, warn: silent, error: silent },
  });
  return { watch, done };
}

/** What is done when something new is heard of somebody, by what was recorded before. */
async function heardOf(who: Principal, past: readonly AccessEvent[]): Promise<readonly string[]> {
  const { watch, done } = watching();
  for (const [index, one] of past.entries()) watch.apply(event(one, index));
  watch.start();
  await vi.advanceTimersByTimeAsync(1_000);
  done.length = 0;
  watch.changed(who);
  await vi.advanceTimersByTimeAsync(1_000);
  await watch.close();
  return done;
}

describe('who is looked at when something is heard of people', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse(at) }));
  afterEach(() => void vi.useRealTimers());
  const round = [...running, wished(), allowed(), yesTo(bob)];
  const lost: AccessEvent = {
    type: 'ApprovalVoided',
    data: { approver: bob, reason: 'taken_back', round: 2 },
  };
  const byBob = { ...extended(), data: { ...extended().data, approvers: [bob] } };
  const { issuer, subject } = dana;
  const onBehalfOf = { issuer, subject, proof: 'token' } as const;
  const forDana = issued({ terms: { ...terms, onBehalfOf } });

  it.each<readonly [string, readonly [Principal, readonly AccessEvent[]], readonly string[]]>([
    ['the agent of a grant', [agent, running], ['recheck']],
    ['who approved it', [alice, running], ['recheck']],
    ['somebody else', [carol, running], []],
    ['a request that lost an approval', [carol, [voidedOf(alice)]], ['endUnapprovable']],
    ['the agent, also when more time lost an approval', [agent, [...round, lost]], ['recheck']],
    ['who approved, also when more time lost one', [alice, [...round, lost]], ['recheck']],
    ['who gave more time', [bob, [...round, byBob]], ['recheck']],
    ['for whom it was asked', [dana, [...running.slice(0, -1), forDana]], ['recheck']],
  ])('%s', async (_, [who, past], done) => {
    expect(await heardOf(who, past)).toStrictEqual(done);
  });

  it('a request that lost an approval, as soon as that is heard of', async () => {
    const { watch, done } = watching();
    watch.start();
    watch.apply(event(voidedOf(alice)));
    await vi.advanceTimersByTimeAsync(1_000);
    await watch.close();
    expect(done).toStrictEqual(['endUnapprovable']);
  });

  it.each<readonly [string, readonly [Principal, number], readonly string[]]>([
    ['whose agent was heard of just before', [agent, 1_000], ['recheck']],
    ['whose approver was', [alice, 59_999], ['recheck']],
    ['of whose people nothing was heard lately', [agent, 60_000], []],
    ['when somebody else was heard of', [carol, 1_000], []],
  ])('a grant that is heard of late, %s', async (_, [who, agoMs], expected) => {
    const { watch, done } = watching();
    watch.start();
    watch.changed(who);
    await vi.advanceTimersByTimeAsync(agoMs);
    for (const [index, one] of running.entries()) watch.apply(event(one, index));
    await vi.advanceTimersByTimeAsync(1_000);
    await watch.close();
    expect(done).toStrictEqual(expected);
  });
});
