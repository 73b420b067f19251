import type { SessionChunk, SessionFrameCode } from '@drawbridge/contracts';
import { stopEventStore } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { sessionKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { expect } from 'vitest';
import type { Gateway } from '../gateway-under-test.js';

export type OrderType = 'SessionPaused' | 'SessionResumed' | 'SessionCut';

/** As approval writes it when a human orders something about a session. */
export async function orderOf(
  { bus }: Pick<Gateway, 'bus'>,
  type: OrderType,
  commandId: string,
): Promise<void> {
  const store = stopEventStore(bus, 'approval');
  const session = { commandId, connection: 'prod' };
  const aggregateId = sessionKeyOf(session);
  const { position } = await store.load(aggregateId);
  const by = { kind: 'human', issuer: 'https://idp.test', subject: 'bob', groups: [] } as const;
  const at = new Date();
  await store.append({
    ...{ aggregateId, position },
    event: {
      type,
      data: { by: { ...by, groups: [] }, via: 'http', reason: 'what is that?', ...session },
    },
    metadata: {
      ...{ id: uuidV7(at), causationId: 'test', at: at.toISOString() },
      actor: { kind: 'human', id: 'bob' },
    },
  });
}

interface CallWords {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
}

interface OfGrant {
  readonly grantId: string;
}

/** The last call by a grant that is one of these, as `create pods/exec`; it may run still. */
export const startedBy = (gateway: Gateway, { grantId }: OfGrant, call: string) =>
  eventually(async () => {
    const started = (await gateway.records()).findLast(
      (record) =>
        record.type === 'CommandStarted' && record.grantId === grantId && wordsOf(record) === call,
    );
    if (started === undefined) throw new Error(`no ${call} yet`);
    return started.commandId;
  });

const wordsOf = ({ verb, resource, subresource }: CallWords): string =>
  `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;

/** How a call ended, when it has. */
export const endOfCall = (gateway: Gateway, commandId: string) =>
  eventually(async () => {
    const record = (await gateway.records()).find(
      (candidate) => candidate.type === 'CommandEnded' && candidate.commandId === commandId,
    );
    if (record?.type !== 'CommandEnded') throw new Error('not ended yet');
    return record;
  });

/** What is recorded of a call so far. */
export interface RecordedSoFar {
  readonly chunks: readonly SessionChunk[];
  /** Of all frames with these codes, put together. */
  text(...codes: readonly SessionFrameCode[]): string;
}

export async function recordedOf(gateway: Gateway, commandId: string): Promise<RecordedSoFar> {
  const all = await gateway.recorded();
  const chunks = all
    .filter((chunk) => chunk.commandId === commandId)
    .toSorted((a, b) => a.index - b.index);
  const frames = chunks.flatMap((chunk) => chunk.frames);
  return {
    chunks,
    text: (...codes) =>
      frames.flatMap(([, code, data]) => (codes.includes(code) ? [data] : [])).join(''),
  };
}

/** A recording that has its end, and every piece in front of it. */
export const wholeRecordingOf = (gateway: Gateway, commandId: string): Promise<RecordedSoFar> =>
  eventually(async () => {
    const recorded = await recordedOf(gateway, commandId);
    const last = recorded.chunks.at(-1);
    if (last?.final === undefined) throw new Error('not complete yet');
    expect(recorded.chunks.map(({ index }) => index)).toStrictEqual(
      Array.from({ length: last.final.chunks }, (_, index) => index),
    );
    return recorded;
  });
