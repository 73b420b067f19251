import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApprovalView,
  Problem,
  type Principal,
  type StepsRequirement,
} from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import { alice, stepsOf } from './sample-events.js';
import { jiraSystem, standardSystem, type TicketSystem } from './ticket-system.js';
import { startWebhookReceiver, type Received, type WebhookReceiver } from './webhook-receiver.js';

const secretOf = () => `whsec_${randomBytes(24).toString('base64')}`;
const secrets = {
  ours: secretOf(),
  jira: 'only Jira and we know this',
  snow: secretOf(),
  former: secretOf(),
};
const jira = jiraSystem('jira', secrets.jira);
const snow = standardSystem('snow', secrets.snow);
const onCall: StepsRequirement['steps'][number] = {
  type: 'humans',
  name: 'on-call',
  count: 1,
  groups: ['sre-oncall'],
};
const asking = (webhook: string, more: Partial<StepsRequirement> = {}) =>
  stepsOf({
    order: 'parallel',
    steps: [onCall, { type: 'ticket', name: 'change', webhook }],
    ...more,
  });

let receiver: WebhookReceiver;
let world: World;
let replicas: readonly [Replica, Replica];
let directory: string;

const inbound = (scheme: 'hub-sha256' | 'standard', name: string) => ({
  scheme,
  secretFile: join(directory, name),
  request: '/request',
  ticket: '/ticket',
  decision: '/decision',
  approved: ['yes'],
  denied: ['no'],
  by: '/by',
  seen: '/seen',
});
const hook = (name: string, inboundSpec?: object) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Webhook',
  metadata: { name },
  spec: {
    url: `${receiver.url}/${name}`,
    for: 'all',
    secretFile: join(directory, 'ours'),
    allowInsecureHttp: true,
    ...(inboundSpec === undefined ? {} : { inbound: inboundSpec }),
  },
});

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-tickets-'));
  for (const [name, secret] of Object.entries(secrets))
    await writeFile(join(directory, name), `${secret}\n`, { mode: 0o600 });
  const former = { formerSecretFile: join(directory, 'former') };
  world = await startWorld({
    documents: [
      hook('jira', inbound('hub-sha256', 'jira')),
      hook('snow', { ...inbound('standard', 'snow'), ...former }),
      hook('deaf'),
    ],
  });
  replicas = [await world.start(), await world.start()];
});
afterAll(async () => {
  await world.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

const pending = async (approval: StepsRequirement) => {
  const requestId = await world.ask({ approval });
  await world.eventOf(requestId, 'ApprovalRequested');
  return requestId;
};
const bodyOf = (request: string, more: object = {}) =>
  JSON.stringify({ request, ticket: 'INC-4211', decision: 'yes', by: 'Carol', seen: 0, ...more });

interface Callback {
  readonly replica?: Replica;
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
async function post(system: TicketSystem, body: string, more: Callback = {}) {
  const { replica = replicas[0], name = system.name, headers = system.headersOf(body) } = more;
  const response = await fetch(`${replica.url}/v1/ticket-callbacks/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    code: text === '' ? undefined : Problem.parse(JSON.parse(text)).code,
    text: text.replace(/"requestId":"[^"]*"/, ''),
  };
}
const Told = z.object({
  data: z.object({
    approval: z
      .object({ termsVersion: z.int(), isOpen: z.boolean(), plainWords: z.array(z.string()) })
      .loose()
      .optional(),
  }),
});
const toldIn = ({ text }: Received) => Told.parse(JSON.parse(text)).data.approval;
const taken = { status: 204, code: undefined, text: '' };
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const saysOf = async (requestId: string) =>
  (await typesOf(requestId)).filter((type) => type === 'TicketDecided').length;
async function approve(id: string, as: Principal, body: object = {}) {
  const response = await fetch(`${replicas[0].url}/v1/access-requests/${id}/approve`, {
    method: 'POST',
    headers: {
      authorization: await world.tokens.bearer(as),
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return ApprovalView.parse(await response.json());
}

describe('a ticket system', () => {
  it('is told what is asked, and its yes is the step beside the humans', async () => {
    const requestId = await pending(asking('jira'));
    const told = await eventually(() => {
      const found = receiver
        .taken('/jira', requestId)
        .find(({ type }) => type === 'ApprovalRequested');
      if (found === undefined) throw new Error('not told yet');
      return found;
    });
    const approval = toldIn(told);
    expect(approval).toMatchObject({
      ...{ ticket: 'INC-4211', termsVersion: 0, step: 'change', isOpen: true },
      ...{ connection: 'prod-eks', durationSeconds: 900, reason: 'readiness probe failing' },
    });
    expect(approval?.plainWords[0]).toContain('checkout');
    // Whoever cannot answer is told facts alone.
    await expect.poll(() => receiver.taken('/deaf', requestId)).toHaveLength(3);
    for (const message of receiver.taken('/deaf', requestId))
      expect(toldIn(message)).toBeUndefined();

    expect(await post(jira, bodyOf(requestId))).toStrictEqual(taken);
    const said = await world.eventOf(requestId, 'TicketDecided');
    expect(said).toMatchObject({
      actor: { kind: 'service', id: 'webhook/jira' },
      event: {
        data: { step: 'change', webhook: 'jira', ticket: 'INC-4211', by: 'Carol', seen: 0 },
      },
    });
    const card = await world.card(requestId, 'ticket INC-4211 in jira (done)');
    expect(lettersOf(card)).toContain('by ticket INC-4211 in jira, by Carol');
    expect(await typesOf(requestId)).not.toContain('AccessRequestApproved');
    const view = await approve(requestId, alice);
    expect(view.tickets).toMatchObject([{ webhook: 'jira', decision: 'approved', by: 'Carol' }]);
    await world.eventOf(requestId, 'AccessRequestApproved');
  });

  it('shows its step while it waits', async () => {
    const requestId = await pending(asking('jira'));
    await world.card(requestId, 'ticket INC-4211 in jira (open)');
    const view = await approve(requestId, alice);
    expect(view.steps).toMatchObject([
      { name: 'on-call', missing: 0 },
      { name: 'change', ticket: { webhook: 'jira', id: 'INC-4211' }, groups: [], missing: 1 },
    ]);
    expect(view.steps?.[0]).not.toHaveProperty('ticket');
  });

  it('ends a request with its no, whatever the threshold', async () => {
    const requestId = await pending(asking('jira', { denyThreshold: 3 }));
    expect(await post(jira, bodyOf(requestId, { decision: 'no' }))).toStrictEqual(taken);
    const rejected = await world.eventOf(requestId, 'AccessRequestRejected');
    expect(rejected.event.data).toStrictEqual({
      reason: 'ticket INC-4211 was denied in jira by Carol',
    });
    await world.card(requestId, 'Denied', 'ticket INC-4211 was denied in jira by Carol');
    expect(await post(jira, bodyOf(requestId, { decision: 'no' }))).toStrictEqual(taken);
    expect(await post(jira, bodyOf(requestId))).toMatchObject({ code: 'request_not_pending' });
  });

  it('decides nothing by any other word', async () => {
    const requestId = await pending(asking('jira'));
    expect(await post(jira, bodyOf(requestId, { decision: 'In Progress' }))).toStrictEqual(taken);
    expect(await post(jira, '{}')).toStrictEqual(taken);
    expect(await saysOf(requestId)).toBe(0);
  });

  it('says yes to the terms that it was told, in its turn', async () => {
    const requestId = await pending(asking('jira', { order: 'sequential' }));
    expect(await post(jira, bodyOf(requestId))).toMatchObject({ code: 'step_not_open' });
    await approve(requestId, alice, { durationSeconds: 300 });
    const isTold = (version: number) => () =>
      receiver
        .taken('/jira', requestId)
        .map(toldIn)
        .some((told) => told?.isOpen === true && told.termsVersion === version);
    await expect.poll(isTold(1)).toBe(true);
    expect(isTold(0)()).toBe(false);
    expect(await post(jira, bodyOf(requestId))).toMatchObject({
      status: 409,
      code: 'terms_changed',
    });
    expect(await post(jira, bodyOf(requestId, { seen: 1 }))).toStrictEqual(taken);
    await world.eventOf(requestId, 'AccessRequestApproved');
  });

  it('is heard when whoever took its word was killed right behind it', async () => {
    const requestId = await pending(asking('jira'));
    await approve(requestId, alice);
    const data = { step: 'change', webhook: 'jira', ticket: 'INC-4211', callbackId: 'x', seen: 0 };
    const event = { type: 'TicketDecided', data: { ...data, decision: 'approved' } } as const;
    await world.append(requestId, event);
    await world.eventOf(requestId, 'AccessRequestApproved');
    const other = await pending(asking('jira'));
    await world.append(other, { ...event, data: { ...data, decision: 'denied' } });
    await world.eventOf(other, 'AccessRequestRejected');
  });
});

describe('a callback that comes again', () => {
  it('is no news, at the other replica too, and also when both get it at once', async () => {
    const requestId = await pending(asking('snow'));
    const body = bodyOf(requestId);
    const headers = snow.headersOf(body, { id: 'msg_again' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post(snow, body, { headers, replica: replicas[index % 2 === 0 ? 0 : 1] }),
      ),
    );
    // Who loses a race more often than it is repeated is told to come again.
    for (const { status } of answers) expect([204, 409]).toContain(status);
    for (const replica of replicas)
      expect(await post(snow, body, { headers, replica })).toStrictEqual(taken);
    expect(await saysOf(requestId)).toBe(1);
  });

  it('is no news with another unsigned identifier either', async () => {
    const requestId = await pending(asking('jira'));
    const body = bodyOf(requestId, { decision: 'no' });
    expect(await post(jira, body)).toStrictEqual(taken);
    await world.eventOf(requestId, 'AccessRequestRejected');
    const headers = jira.headersOf(body, { id: 'another' });
    expect(await post(jira, body, { headers, replica: replicas[1] })).toStrictEqual(taken);
    expect(await saysOf(requestId)).toBe(1);
  });
});

describe('somebody else', () => {
  const unsigned = { status: 401, code: 'callback_signature_invalid' };

  it('who has not signed learns nothing, whatever they ask', async () => {
    const requestId = await pending(asking('jira'));
    const body = bodyOf(requestId);
    const none = { headers: {} };
    const answers = [
      await post(jira, body, none),
      await post(snow, body, none),
      await post(jira, body, { ...none, name: 'deaf' }),
      await post(jira, body, { ...none, name: 'nobody' }),
      await post(jira, body, { ...none, name: '..%2fjira' }),
      await post(jira, body, { ...none, name: '__proto__' }),
      await post(jira, '', none),
      await post(jira, 'x'.repeat(65_536), none),
      await post(jiraSystem('jira', 'a secret of somebody else'), body),
      await post(standardSystem('snow', secrets.ours), body),
      await post(jira, body, { name: 'deaf' }),
      await post(snow, body, { name: 'jira' }),
      await post(snow, body, { headers: snow.headersOf(`${body} `) }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(unsigned);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await saysOf(requestId)).toBe(0);
  });

  it('who signed too early or too late is refused', async () => {
    const requestId = await pending(asking('snow'));
    const body = bodyOf(requestId);
    for (const minutes of [-6, 6]) {
      const at = new Date(Date.now() + minutes * 60_000);
      expect(await post(snow, body, { headers: snow.headersOf(body, { at }) })).toMatchObject({
        status: 401,
        code: 'callback_too_old',
      });
    }
    expect(await saysOf(requestId)).toBe(0);
  });

  it('who signs with the former secret is believed while it is changed', async () => {
    const requestId = await pending(asking('snow'));
    expect(await post(standardSystem('snow', secrets.former), bodyOf(requestId))).toStrictEqual(
      taken,
    );
    await world.eventOf(requestId, 'TicketDecided');
  });

  it('whose request or ticket it is not has no say', async () => {
    const requestId = await pending(asking('jira'));
    for (const decision of ['yes', 'no']) {
      expect(await post(snow, bodyOf(requestId, { decision }))).toMatchObject({
        status: 404,
        code: 'approval_unknown',
      });
      const ticket = { ticket: 'INC-1', decision };
      expect(await post(jira, bodyOf(requestId, ticket))).toMatchObject({
        status: 409,
        code: 'ticket_wrong',
      });
    }
    const unknown = '018f0000-0000-7000-8000-00000000dead';
    expect(await post(jira, bodyOf(unknown))).toMatchObject({ code: 'approval_unknown' });
    expect(await post(jira, bodyOf('*'))).toMatchObject({ code: 'callback_unreadable' });
    expect(await saysOf(requestId)).toBe(0);
  });

  it('who sends too much is stopped before it is read', async () => {
    const body = bodyOf('x', { padding: 'x'.repeat(65_536) });
    expect(await post(jira, body)).toMatchObject({ status: 413, code: 'body_too_large' });
  });
});
