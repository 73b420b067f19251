import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadLettersView, DeadLetterView, type AuditTrailEvent } from '@drawbridge/contracts';
import { AUDIT_STREAM, auditEventStore, countParked, durablesOf } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { agent, frank } from './sample-events.js';
import { isSignedBy, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

const secret = `whsec_${randomBytes(24).toString('base64')}`;
let receiver: WebhookReceiver;
let world: World;
let replica: Replica;
let directory: string;
let clockOffsetMs = 0;
const clock = () => new Date(Date.now() + clockOffsetMs);

const hook = (name: string, spec: object) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Webhook',
  metadata: { name },
  spec: {
    url: `${receiver.url}/${name}`,
    for: 'all',
    secretFile: join(directory, 'secret'),
    allowInsecureHttp: true,
    ...spec,
  },
});

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-alarms-'));
  await writeFile(join(directory, 'secret'), secret, { mode: 0o600 });
  world = await startWorld({
    documents: [
      hook('pager', { events: ['UnrecordedCallFound'] }),
      hook('both', { events: ['AccessRequested', 'UnrecordedCallFound'] }),
      hook('usual', {}),
      hook('mine', { for: { agents: [{ issuer: agent.issuer, subject: agent.subject }] } }),
    ],
  });
  replica = await world.start({ clock });
  await world.start({ clock });
});
afterAll(async () => {
  await world.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

const found: AuditTrailEvent = {
  type: 'UnrecordedCallFound',
  data: {
    connection: 'prod',
    reason: 'no_such_command',
    auditId: 'made-up',
    call: {
      receivedAt: '2026-11-23T03:00:00.000001Z',
      user: 'system:serviceaccount:drawbridge:gateway',
      verb: 'get',
      apiGroup: '',
      resource: 'secrets',
      subresource: '',
      namespace: 'payments',
      name: 'database',
      path: '/api/v1/namespaces/payments/secrets/database',
      sourceAddresses: ['192.0.2.7'],
      userAgent: 'curl/8',
    },
  },
};

/** As audit raises it. */
async function raise(event: AuditTrailEvent = found): Promise<{ alarmId: string; id: string }> {
  const [alarmId, id] = [`u_${randomBytes(16).toString('hex')}`, uuidV7(new Date())];
  await auditEventStore(world.connection, 'audit').append({
    aggregateId: alarmId,
    event,
    position: { lastSequence: 0 },
    metadata: {
      id,
      causationId: id,
      actor: { kind: 'service', id: 'audit' },
      at: new Date().toISOString(),
    },
  });
  return { alarmId, id };
}
const alarmsAt = (path: string) =>
  receiver
    .taken(path)
    .filter(({ data }) => data.alarmId !== undefined)
    .map(({ id, data }) => ({ id, alarmId: data.alarmId }));

describe('an alarm', () => {
  it('is told, signed, to those who name it, and to nobody else', async () => {
    await raise({
      type: 'RecordingViewed',
      data: { viewer: frank, how: 'cast', connection: 'prod' },
    });
    const alarm = await raise();
    await expect.poll(() => alarmsAt('/pager')).toStrictEqual([alarm]);
    await expect.poll(() => alarmsAt('/both')).toStrictEqual([alarm]);
    const [told] = receiver.taken('/pager');
    expect(told).toMatchObject({ type: 'UnrecordedCallFound', data: { event: found.data } });
    expect(told && isSignedBy(told, secret)).toBe(true);
    // What is told of requests comes by another consumer: those others were told of a request that came later.
    const requestId = await world.ask();
    for (const path of ['/usual', '/mine', '/both']) {
      await expect.poll(() => receiver.taken(path, requestId).length).toBeGreaterThan(0);
    }
    expect([...alarmsAt('/usual'), ...alarmsAt('/mine')]).toStrictEqual([]);
    expect(receiver.taken('/pager')).toHaveLength(1);
    const durables = await durablesOf(world.connection, AUDIT_STREAM, 'approval-hook-');
    expect(durables.map(({ name }) => name).toSorted()).toStrictEqual([
      'approval-hook-both',
      'approval-hook-pager',
    ]);
  });

  it('comes again until it is taken, the same, and after a day waits for a person', async () => {
    receiver.answer('/pager', 500);
    const alarm = await raise();
    const calls = receiver.calls('/pager');
    await expect.poll(() => receiver.calls('/pager')).toBeGreaterThan(calls);
    receiver.answer('/pager', 204);
    await expect.poll(() => alarmsAt('/pager').at(-1)).toStrictEqual(alarm);

    receiver.answer('/pager', 503);
    const second = await raise();
    const before = receiver.calls('/pager');
    await expect.poll(() => receiver.calls('/pager')).toBeGreaterThan(before);
    clockOffsetMs = 25 * 3_600_000;
    await expect.poll(() => countParked(world.connection, 'approval-webhooks')).toBe(1);
    clockOffsetMs = 0;
    const letters = `${replica.url}/v1/webhooks/dead-letters`;
    const headers = { authorization: await world.tokens.bearer(frank) };
    const listed = DeadLettersView.parse(await (await fetch(letters, { headers })).json());
    expect(listed.items).toMatchObject([
      { webhook: 'pager', event: { type: 'UnrecordedCallFound', ...second } },
    ]);
    receiver.answer('/pager', 204);
    const path = `${letters}/${listed.items[0]?.sequence}/retry`;
    const sent = await fetch(path, { method: 'POST', headers });
    expect(DeadLetterView.parse(await sent.json()).event?.alarmId).toBe(second.alarmId);
    expect(alarmsAt('/pager').at(-1)).toStrictEqual(second);
  });
});
