import { randomUUID } from 'node:crypto';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  handleCommand,
  type Decider,
  type EventStore,
  type RecordedEvent,
} from '@drawbridge/kernel';

const approver: Principal = {
  kind: 'human',
  issuer: 'https://idp.test',
  subject: 'alice',
  groups: [],
};

/** An event of `approval`, the simplest there is. */
export const commented = (comment: string): AccessEvent => ({
  type: 'ApprovalGiven',
  data: { approver, via: 'http', comment },
});

export const commentOf = ({ event }: RecordedEvent<AccessEvent>): string =>
  event.type === 'ApprovalGiven' ? (event.data.comment ?? '') : event.type;

/** Idempotent: a comment is made once. */
export const comments: Decider<readonly string[], string, AccessEvent> = {
  initial: [],
  decide: (comment, state) => (state.includes(comment) ? undefined : commented(comment)),
  evolve: (state, event) =>
    event.type === 'ApprovalGiven' ? [...state, event.data.comment ?? ''] : state,
};

export const comment = (store: EventStore<AccessEvent>, aggregateId: string, text: string) =>
  handleCommand(store, comments, {
    aggregateId,
    command: text,
    metadata: {
      id: randomUUID(),
      causationId: 'test',
      actor: { kind: 'service', id: 'approval' },
      at: '2026-01-05T09:00:00.000Z',
    },
  });
