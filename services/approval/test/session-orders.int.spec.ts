import {
  Problem,
  RunningSessionQuestion,
  SessionOrderView,
  type Principal,
} from '@drawbridge/contracts';
import { RUNNING_SESSION_SUBJECT, stopEventStore } from '@drawbridge/jetstream';
import { sessionKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import type { TokenOptions } from './demo-tokens.js';
import { agent, alice, dana, erin, frank, grantId, grantIssued } from './sample-events.js';

let world: World;
let approval: Replica;
const session = (number: number) => `019c0000-6666-7000-8000-00000000000${number}`;
const otherGrant = '019c0000-7777-7000-8000-000000000001';
/** What runs on the gateway: by which grant, each on prod-eks. */
const running = new Map<string, string>();
const asked: RunningSessionQuestion[] = [];

beforeAll(async () => {
  world = await startWorld();
  world.connection.nats.subscribe(RUNNING_SESSION_SUBJECT, {
    callback: (_error, message) => {
      const question = RunningSessionQuestion.parse(message.json());
      asked.push(question);
      const grantId = running.get(question.commandId);
      if (grantId !== undefined && question.connection === 'prod-eks')
        message.respond(JSON.stringify({ grantId }));
    },
  });
  approval = await world.start({ slack: false });
});
afterAll(() => world.stop());

interface Call {
  readonly as?: Principal;
  readonly token?: TokenOptions;
  readonly body?: unknown;
}

async function order(path: string, { as = frank, token, body }: Call = {}) {
  const said = body ?? { connection: 'prod-eks', reason: 'what is that?' };
  const response = await fetch(`${approval.url}/v1/sessions/${path}`, {
    method: 'POST',
    headers: {
      Authorization: await world.tokens.bearer(as, token),
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(said),
  });
  return { status: response.status, json: await response.json() };
}
const stateOf = async (answer: ReturnType<typeof order>) =>
  SessionOrderView.parse((await answer).json).state;
const codeOf = async (answer: ReturnType<typeof order>) => {
  const { status, json } = await answer;
  return `${String(status)} ${Problem.parse(json).code}`;
};
const history = async (commandId: string) =>
  (
    await stopEventStore(world.connection, 'audit').load(
      sessionKeyOf({ commandId, connection: 'prod-eks' }),
    )
  ).events;

describe('a running session', () => {
  it('is paused, resumed and cut by an administrator, each on the record once', async () => {
    const id = session(1);
    running.set(id, otherGrant);
    expect(await stateOf(order(`${id.toUpperCase()}/pause`))).toBe('paused');
    expect(await stateOf(order(`${id}/pause`))).toBe('paused');
    expect(await stateOf(order(`${id}/resume`))).toBe('running');
    expect(await stateOf(order(`${id}/cut`))).toBe('cut');
    running.delete(id);
    for (const again of ['resume', 'cut']) {
      expect(await stateOf(order(`${id}/${again}`))).toBe('cut');
    }
    expect((await history(id)).map(({ event, actor }) => [event.type, actor.id])).toStrictEqual(
      ['SessionPaused', 'SessionResumed', 'SessionCut'].map((type) => [
        type,
        'https://idp.corp.test#frank',
      ]),
    );
  });

  it('is stopped by who approves its grant, and resumed by who paused it', async () => {
    const id = session(2);
    running.set(id, grantId);
    expect(await codeOf(order(`${id}/pause`, { as: alice }))).toBe('403 admins_only');
    const requestId = await world.ask();
    await world.eventOf(requestId, 'ApprovalRequested');
    await world.append(requestId, {
      ...grantIssued,
      data: { ...grantIssued.data, endsAt: new Date(Date.now() + 900_000).toISOString() },
    } as typeof grantIssued);
    await eventually(async () =>
      expect(await stateOf(order(`${id}/pause`, { as: alice }))).toBe('paused'),
    );
    expect(await codeOf(order(`${id}/resume`, { as: dana }))).toBe('403 admins_only');
    expect(await stateOf(order(`${id}/resume`, { as: alice }))).toBe('running');
    expect(await codeOf(order(`${id}/cut`, { as: erin }))).toBe('403 admins_only');
    const elsewhere = { connection: 'staging', reason: 'x' };
    expect(await codeOf(order(`${id}/cut`, { as: alice, body: elsewhere }))).toBe(
      '403 admins_only',
    );
    // Who approves one grant on the connection has nothing to say about the sessions of another.
    running.set(session(4), otherGrant);
    for (const what of ['pause', 'cut']) {
      expect(await codeOf(order(`${session(4)}/${what}`, { as: alice }))).toBe('403 admins_only');
    }
    expect(await history(session(4))).toHaveLength(0);
    expect(await stateOf(order(`${session(4)}/pause`))).toBe('paused');
    expect(await codeOf(order(`${session(4)}/resume`, { as: alice }))).toBe('403 admins_only');
  });

  it('is one that a gateway has: of another nothing is written down', async () => {
    const id = session(5);
    for (const what of ['pause', 'resume', 'cut']) {
      expect(await codeOf(order(`${id}/${what}`))).toBe('409 session_not_running');
    }
    running.set(id, otherGrant);
    expect(await stateOf(order(`${id}/pause`))).toBe('paused');
    running.delete(id);
    expect(await codeOf(order(`${id}/resume`))).toBe('409 session_not_running');
    expect(await history(id)).toHaveLength(1);
  });

  it('is not spoken of to who approves nothing there', async () => {
    const before = asked.length;
    for (const what of ['pause', 'resume', 'cut']) {
      expect(await codeOf(order(`${session(6)}/${what}`, { as: erin }))).toBe('403 admins_only');
    }
    expect(asked).toHaveLength(before);
  });

  it.each<[string, Call, string]>([
    ['an agent', { as: agent }, '403 approver_not_human'],
    ['a stranger', { token: { stranger: true } }, '401 token_signature_invalid'],
    ['nobody with a reason', { body: { connection: 'prod-eks' } }, '400 body_invalid'],
    [
      'more than was asked',
      { body: { connection: 'c', reason: 'x', more: 1 } },
      '400 body_invalid',
    ],
  ])('is stopped by no call of %s', async (_who, call, code) => {
    for (const what of ['pause', 'resume', 'cut']) {
      expect(await codeOf(order(`${session(3)}/${what}`, call))).toBe(code);
    }
    expect(await history(session(3))).toHaveLength(0);
  });

  it('is stopped by nobody without a token', async () => {
    for (const what of ['pause', 'resume', 'cut']) {
      const url = `${approval.url}/v1/sessions/${session(3)}/${what}`;
      const response = await fetch(url, { method: 'POST' });
      expect(response.status).toBe(401);
      expect(Problem.parse(await response.json()).code).toBe('token_missing');
    }
  });

  it('is named by the id of a command', async () => {
    const { json } = await order('not-an-id/cut');
    expect(Problem.parse(json)).toMatchObject({ code: 'path_invalid' });
    expect(Problem.parse(json).errors?.[0]?.field).toBe('path.commandId');
  });
});
