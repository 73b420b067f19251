import { SessionAnswer, type CommandRecord, type SessionQuestion } from '@drawbridge/contracts';
import { recordCommands, SESSION_SUMMARY_SUBJECT } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agent, commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

/** What approval is told of a grant that is over. */
let audit: TestAudit;

beforeAll(async () => {
  audit = await startTestAudit();
});
afterAll(() => audit.stop());

const question: SessionQuestion = {
  grantId,
  connection: 'prod-eks',
  agent: { issuer: agent.issuer, subject: agent.subject },
  startsAt: '2026-01-05T09:00:00.000Z',
  endedAt: '2026-01-05T09:15:00.000Z',
};
const ask = async (asked: object = question): Promise<unknown> => {
  const { nats } = audit.connection;
  const answer = await nats.request(SESSION_SUMMARY_SUBJECT, JSON.stringify(asked), {
    timeout: 20_000,
  });
  return answer.json();
};
const record = (...records: CommandRecord[]) => recordCommands(audit.connection, ...records);
const at = (minute: number, second = 0) =>
  commandIdAt(
    `2026-01-05T09:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000Z`,
  );
const others = '019c0000-0000-7000-8000-00000000ffff';
const refusedAt = (minute: number, change: Parameters<typeof refused>[1] = {}) => {
  const call = refused(at(minute), change);
  Reflect.deleteProperty(call, 'grantId');
  Reflect.deleteProperty(call, 'accessRequestId');
  return call;
};

describe('what was done by a grant', () => {
  it('is counted: calls, changes and what was refused meanwhile', async () => {
    expect(await ask()).toStrictEqual({
      position: 0,
      numbers: { calls: 0, changes: 0, refused: 0 },
    });
    const read = { verb: 'get' };
    await record(
      started(at(1)),
      ended(at(1)),
      started(at(2), read),
      started(at(3), { verb: 'watch' }),
      // A channel changes something, whatever its verb says.
      started(at(4), { verb: 'get', resource: 'pods', subresource: 'exec' }),
      // Discovery.
      started(at(5), { verb: 'get', resource: '' }),
      started(at(6), { grantId: others }),
      refusedAt(7),
      refusedAt(7, { connection: 'other' }),
      refusedAt(20),
      refusedAt(8, { agent: { ...agent, subject: 'other' } }),
      refused(at(9), { decision: { effect: 'deny', reason: 'guardrail', message: 'no' } }),
    );
    await eventually(async () => {
      expect(await ask()).toMatchObject({ numbers: { calls: 4, changes: 2, refused: 2 } });
    });
  });

  it('is not told while the record does not reach that far, and of then once it does', async () => {
    const failing = new Proxy(audit.store.client, {
      get: (client, name): unknown =>
        name === 'insert' ? () => Promise.reject(new Error('away')) : Reflect.get(client, name),
    });
    await audit.restart(failing);
    await record(started(at(10)));
    const first = SessionAnswer.parse(await ask());
    expect(first).not.toHaveProperty('numbers');
    await record(started(at(11)));
    expect(await ask({ ...question, ...first })).toStrictEqual(first);
    await audit.restart();
    await eventually(async () => {
      expect(await ask({ ...question, ...first })).toMatchObject({
        ...first,
        numbers: { refused: 2 },
      });
    });
    await eventually(async () => {
      expect(await ask()).toMatchObject({ numbers: { calls: 6, changes: 4 } });
    });
  });

  it.each([
    ['is no question', { grantId }],
    ['asks with more than there is', { ...question, sql: '1' }],
    ['asks with an id that is none', { ...question, grantId: "x' OR 1" }],
  ])('is not told to who %s', async (_what, asked) => {
    const { nats } = audit.connection;
    const request = nats.request(SESSION_SUMMARY_SUBJECT, JSON.stringify(asked), { timeout: 500 });
    await expect(request).rejects.toThrow();
    expect(await ask()).toHaveProperty('position');
  });

  it('takes what is asked as a value, never as SQL', async () => {
    const subject = "x' OR '1'='1";
    const answer = await ask({ ...question, grantId: others, agent: { issuer: 'x', subject } });
    expect(answer).toMatchObject({ numbers: { calls: 1, refused: 0 } });
  });
});
