import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AccessEvent, Principal, StepsRequirement } from '@drawbridge/contracts';
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
  carol,
  dana,
  erin,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { accessApproval, type AccessApprovalCommand } from './access-approval.js';
import { ApprovalRefused } from './approval-refused.js';

/**
 * Two steps, decided by two replicas at once in any interleaving. What must hold is told from the log alone, by an
 * oracle that knows nothing of how it is counted.
 */
const requestId = '018f0000-0000-7000-8000-000000000001';
const both: Principal = { ...bob, groups: ['sre-oncall', 'sre-leads'] };
const twin: Principal = { ...alice, subject: 'alice.admin', groups: ['sre-leads'] };
const people = [alice, both, carol, twin, dana, erin, { ...agent, groups: ['sre-leads'] }];
const who = fc.constantFrom(alice, both, carol, ...people);

const command: fc.Arbitrary<AccessApprovalCommand> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record({
        approver: who,
        seen: fc.constantFrom(0, 0, 0, 1, 1, 2),
        shorter: fc.constantFrom(undefined, undefined, undefined, 100, 300, 900, 2000),
      })
      .map(({ approver, seen, shorter }) => ({
        type: 'GiveApproval' as const,
        approver,
        via: 'http' as const,
        at,
        seen,
        ...(shorter === undefined ? {} : { narrow: { durationSeconds: shorter } }),
      })),
  },
  {
    weight: 1,
    arbitrary: who.map((approver) => ({
      type: 'DenyApproval' as const,
      approver,
      via: 'http' as const,
      at,
    })),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('VoidApproval' as const),
      approver: who,
      reason: fc.constantFrom('taken_back' as const, 'left_group' as const),
      at: fc.constant(at),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ type: 'CompleteApproval' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'RejectRequest' as const }) },
);

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
const metadata = () => {
  id += 1;
  const actor = { kind: 'service', id: 'approval' } as const;
  return { id: `event-${id}`, causationId: 'test', actor, at };
};

async function run(store: EventStore<AccessEvent>, one: AccessApprovalCommand): Promise<void> {
  try {
    const envelope = { aggregateId: requestId, command: one, metadata: metadata() };
    await handleCommand(store, accessApproval, envelope);
  } catch (error) {
    if (!(error instanceof ApprovalRefused || error instanceof EventStoreError)) throw error;
  }
}

async function seed(store: EventStore<AccessEvent>, approval: StepsRequirement): Promise<void> {
  for (const event of [accessRequested, validated(approval), approvalRequested(approval)]) {
    const { position } = await store.load(requestId);
    await store.append({ aggregateId: requestId, position, event, metadata: metadata() });
  }
}

interface Seen {
  /** E-mail address → what they said last. */
  readonly yes: ReadonlyMap<string, { readonly groups: readonly string[]; readonly step?: string }>;
  readonly noes: ReadonlySet<string>;
  readonly narrowed: number;
  readonly seconds: number;
}

function look(seen: Seen, event: AccessEvent): Seen {
  const yes = new Map(seen.yes);
  if (event.type === 'ApprovalGiven') {
    const { approver, step, narrow } = event.data;
    yes.set(mailOf(approver), { groups: approver.groups, ...(step === undefined ? {} : { step }) });
    const seconds = narrow?.durationSeconds ?? seen.seconds;
    return { ...seen, yes, seconds, narrowed: seen.narrowed + Number(narrow !== undefined) };
  }
  if (event.type !== 'ApprovalVoided' && event.type !== 'ApprovalDenied') return seen;
  const mail = mailOf(event.data.approver);
  yes.delete(mail);
  const noes = event.type === 'ApprovalDenied' ? new Set([...seen.noes, mail]) : seen.noes;
  return { ...seen, yes, noes };
}
const nothing: Seen = { yes: new Map(), noes: new Set(), narrowed: 0, seconds: 900 };
const mailOf = ({ email = '' }: Principal) => email.toLowerCase();

/** Two different humans, one for each step. */
function isComplete({ yes }: Seen, { order }: StepsRequirement): boolean {
  const all = [...yes];
  const fits = (index: number, step: string, group: string) =>
    order === 'sequential'
      ? all[index]?.[1].step === step
      : all[index]?.[1].groups.includes(group) === true;
  return all.some((_, one) =>
    all.some(
      (__, other) =>
        one !== other && fits(one, 'on-call', 'sre-oncall') && fits(other, 'lead', 'sre-leads'),
    ),
  );
}

function check(log: readonly RecordedEvent<AccessEvent>[], approval: StepsRequirement): Seen {
  return log.reduce((seen, { event }, index) => {
    const isOver = log.slice(0, index).some(({ event: { type } }) => closings.has(type));
    if (event.type === 'ApprovalGiven') {
      const { approver, narrow } = event.data;
      expect(isOver).toBe(false);
      expect(approver.kind).toBe('human');
      expect(mailOf(approver)).not.toBe('dana@corp.test');
      expect(seen.yes.has(mailOf(approver)) || seen.noes.has(mailOf(approver))).toBe(false);
      expect(event.data.seen).toBe(seen.narrowed);
      expect(narrow?.durationSeconds ?? 0).toBeLessThanOrEqual(seen.seconds);
    }
    if (event.type === 'ApprovalVoided')
      expect(seen.yes.has(mailOf(event.data.approver))).toBe(true);
    if (event.type === 'AccessRequestApproved') {
      expect(isOver).toBe(false);
      expect(isComplete(seen, approval)).toBe(true);
      expect(seen.noes.size).toBeLessThan(approval.denyThreshold);
    }
    if (event.type === 'AccessRequestRejected')
      expect(seen.noes.size).toBeGreaterThanOrEqual(approval.denyThreshold);
    return look(seen, event);
  }, nothing);
}
const closings = new Set<string>(['AccessRequestApproved', 'AccessRequestRejected']);

it.each([
  stepsOf(),
  stepsOf({ order: 'parallel' }),
  stepsOf({ order: 'parallel', denyThreshold: 2 }),
])(
  '$order steps, denied by $denyThreshold, are approved by the right humans alone',
  async (asked) => {
    const counted = { approved: 0, narrowed: 0, voided: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(command, { minLength: 1, maxLength: 25 }),
        async (scheduler, commands) => {
          const store = new InMemoryEventStore<AccessEvent>();
          await seed(store, asked);
          const racing = interleaved(store, scheduler);
          await scheduler.waitFor(Promise.all(commands.map((one) => run(racing, one))));
          await run(store, { type: 'CompleteApproval' });
          await run(store, { type: 'RejectRequest' });
          const seen = check(store.log, asked);
          const types = new Set(store.log.map(({ event }) => event.type));
          const isDenied = seen.noes.size >= asked.denyThreshold;
          if (!types.has('AccessRequestApproved')) {
            expect(types.has('AccessRequestRejected')).toBe(isDenied);
            expect(isComplete(seen, asked) && !isDenied).toBe(false);
          }
          counted.approved += Number(types.has('AccessRequestApproved'));
          counted.narrowed += seen.narrowed;
          counted.voided += Number(types.has('ApprovalVoided'));
        },
      ),
      { numRuns: 300, seed: 4211 },
    );
    // Otherwise the property holds because nothing ever happens.
    expect(Math.min(counted.approved, counted.narrowed, counted.voided)).toBeGreaterThan(10);
  },
);
