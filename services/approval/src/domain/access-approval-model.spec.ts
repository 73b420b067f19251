import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  EventStoreError,
  handleCommand,
  type EventStore,
  type RecordedEvent,
} from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import {
  accessRequested,
  agent,
  alice,
  approvalRequested,
  at,
  bob,
  dana,
  erin,
  humansOf,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { accessApproval, type AccessApprovalCommand } from './access-approval.js';
import { ApprovalRefused } from './approval-refused.js';

const requestId = '018f0000-0000-7000-8000-000000000001';
const carol: Principal = { ...bob, subject: 'carol', email: 'carol@corp.test' };
const everybody: readonly Principal[] = [
  alice,
  bob,
  carol,
  dana,
  erin,
  { ...alice, subject: 'alice-second-account', email: 'ALICE@corp.test' },
  { ...agent, groups: ['sre-oncall'] },
  { ...agent, kind: 'human', groups: ['sre-oncall'] },
];
/** Minutes after the request; the deadline is minute 30. */
const minute = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();
const deadline = Date.parse(minute(30));

type Step = { at: string; do: AccessApprovalCommand | 'withdraw' };
const who = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(alice, bob, carol) },
  { weight: 1, arbitrary: fc.constantFrom(...everybody) },
);
const via = fc.constantFrom('slack' as const, 'http' as const);
const time = fc.integer({ min: 0, max: 40 }).map(minute);
const command: fc.Arbitrary<AccessApprovalCommand | 'withdraw'> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('RequestApproval' as const), at: fc.constant(at) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('GiveApproval' as const),
      approver: who,
      via,
      at: time,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('DenyApproval' as const),
      approver: who,
      via,
      at: time,
    }),
  },
  { weight: 5, arbitrary: fc.constant({ type: 'CompleteApproval' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'RejectRequest' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('LapseRequest' as const), at: time }) },
  { weight: 1, arbitrary: fc.constant('withdraw' as const) },
);
const steps = fc
  .array(command, { minLength: 1, maxLength: 25 })
  .map((all): Step[] =>
    all.map((one) => ({ do: one, at: one !== 'withdraw' && 'at' in one ? one.at : at })),
  );

/** Every load and append waits for its turn, so that commands interleave in any order. */
const interleaved = (store: EventStore<AccessEvent>, scheduler: fc.Scheduler) => ({
  load: async (id: string) => {
    await scheduler.schedule(Promise.resolve(), 'load');
    return store.load(id);
  },
  append: async (append: Parameters<EventStore<AccessEvent>['append']>[0]) => {
    await scheduler.schedule(Promise.resolve(), 'append');
    return store.append(append);
  },
});

let id = 0;
const metadataAt = (when: string) => {
  id += 1;
  return {
    id: `event-${id}`,
    causationId: 'test',
    actor: { kind: 'service', id: 'approval' } as const,
    at: when,
  };
};

async function run(store: EventStore<AccessEvent>, step: Step): Promise<void> {
  try {
    if (step.do === 'withdraw') {
      const { position } = await store.load(requestId);
      const append = { aggregateId: requestId, position, event: withdrawn };
      await store.append({ ...append, metadata: metadataAt(step.at) });
      return;
    }
    const envelope = { aggregateId: requestId, command: step.do, metadata: metadataAt(step.at) };
    await handleCommand(store, accessApproval, envelope);
  } catch (error) {
    if (!(error instanceof ApprovalRefused || error instanceof EventStoreError)) throw error;
  }
}

/** Written without the production rules: humans of sre-oncall, neither dana (owner) nor the agent. */
function mayCount({ event, at: when }: RecordedEvent<AccessEvent>): string | undefined {
  if (event.type !== 'ApprovalGiven' || Date.parse(when) >= deadline) return undefined;
  const { kind, email, groups } = event.data.approver;
  const isRight = kind === 'human' && groups.includes('sre-oncall') && email !== 'dana@corp.test';
  return isRight ? email?.toLowerCase() : undefined;
}

function check(log: readonly RecordedEvent<AccessEvent>[], count: number): void {
  const types = log.map(({ event }) => event.type);
  const closings = types.filter((type) =>
    ['AccessRequestApproved', 'AccessRequestRejected', 'AccessRequestLapsed'].includes(type),
  );
  expect(closings.length).toBeLessThanOrEqual(1);
  expect(types.filter((type) => type === 'ApprovalRequested').length).toBeLessThanOrEqual(1);
  const givers = log.flatMap(({ event }) =>
    event.type === 'ApprovalGiven' ? [event.data.approver.subject] : [],
  );
  expect(givers).toHaveLength(new Set(givers).size);
  log.forEach((recorded, index) => {
    const before = log.slice(0, index);
    const was = (type: string) => before.some(({ event }) => event.type === type);
    const { type } = recorded.event;
    if (type === 'AccessRequestApproved') {
      const humans = new Set(before.map(mayCount).filter((email) => email !== undefined));
      expect(humans.size).toBeGreaterThanOrEqual(count);
      expect(was('ApprovalDenied')).toBe(false);
      expect(was('AccessRequestWithdrawn')).toBe(false);
    }
    if (type === 'ApprovalGiven' || type === 'ApprovalDenied') {
      expect(Date.parse(recorded.at)).toBeLessThan(deadline);
      expect(closings.some((closing) => was(closing)) || was('AccessRequestWithdrawn')).toBe(false);
    }
    if (type === 'ApprovalGiven') {
      expect(mayCount(recorded)).toBeDefined();
      expect(was('ApprovalDenied')).toBe(false);
    }
    if (type === 'AccessRequestLapsed')
      expect(Date.parse(recorded.at)).toBeGreaterThanOrEqual(deadline);
    if (type === 'AccessRequestRejected') expect(was('ApprovalDenied')).toBe(true);
  });
}

describe('an access approval under concurrent, repeated and reordered commands', () => {
  it.each([1, 2, 3])('is approved only by %i different eligible humans in time', async (count) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), steps, async (scheduler, isAsked, all) => {
        const store = new InMemoryEventStore<AccessEvent>();
        await seed(store, count, isAsked);
        const racing = interleaved(store, scheduler);
        const done = Promise.all(all.map((step) => run(racing, step)));
        await scheduler.waitFor(done);
        check(store.log, count);
        await settle(store);
        check(store.log, count);
        expectDecided(store.log, count);
      }),
      { numRuns: 300, seed: 4211 },
    );
  });
});

async function seed(
  store: EventStore<AccessEvent>,
  count: number,
  isAsked: boolean,
): Promise<void> {
  const asked = approvalRequested(humansOf(count));
  for (const event of [accessRequested, validated(humansOf(count)), ...(isAsked ? [asked] : [])]) {
    const { position } = await store.load(requestId);
    await store.append({ aggregateId: requestId, position, event, metadata: metadataAt(at) });
  }
}

/** The redelivery that repairs any crash: each reaction once more. */
async function settle(store: EventStore<AccessEvent>): Promise<void> {
  for (const type of ['CompleteApproval', 'RejectRequest'] as const)
    await run(store, { do: { type }, at: minute(60) });
}

/** Liveness: enough approvals, no denial and no withdrawal mean approved; a denial means rejected. */
function expectDecided(log: readonly RecordedEvent<AccessEvent>[], count: number): void {
  const types = new Set(log.map(({ event }) => event.type));
  if (types.has('AccessRequestWithdrawn')) return;
  const humans = new Set(log.map(mayCount).filter((email) => email !== undefined));
  const isDenied = types.has('ApprovalDenied');
  if (types.has('AccessRequestLapsed')) {
    expect(isDenied || humans.size >= count).toBe(false);
    return;
  }
  expect(types.has('AccessRequestRejected')).toBe(isDenied);
  expect(types.has('AccessRequestApproved')).toBe(!isDenied && humans.size >= count);
}
