import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countParked, PARKED_STREAM, ParkedHeaders } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { accessRequestedBy as requestedBy, agent, humansOf, validated } from './sample-events.js';
import { isSignedBy, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

const other = { ...agent, subject: 'agent-reader' };
const secrets = {
  now: `whsec_${randomBytes(24).toString('base64')}`,
  before: `whsec_${randomBytes(32).toString('base64')}`,
};

let receiver: WebhookReceiver;
let world: World;
let service: Replica;
let directory: string;
let clockOffsetMs = 0;

const hook = (name: string, spec: object = {}) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Webhook',
  metadata: { name },
  spec: {
    url: `${receiver.url}/${name}`,
    for: 'all',
    secretFile: join(directory, 'now'),
    allowInsecureHttp: true,
    ...spec,
  },
});
const usual = () => [
  hook('all', { formerSecretFile: join(directory, 'before') }),
  hook('mine', { for: { agents: [{ issuer: agent.issuer, subject: agent.subject }] } }),
  hook('asked', { events: ['ApprovalRequested'] }),
  hook('broken'),
];

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-webhooks-'));
  await writeFile(join(directory, 'now'), `${secrets.now}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'before'), secrets.before, { mode: 0o600 });
  await writeFile(join(directory, 'unusable'), 'not a secret', { mode: 0o600 });
  world = await startWorld({ documents: usual() });
  const clock = () => new Date(Date.now() + clockOffsetMs);
  service = await world.start({ clock });
  // Both share the consumers, so each event is sent by one of them; whichever it is, it goes by the same clock.
  await world.start({ clock });
});
afterAll(async () => {
  await world.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

const typesAt = (path: string, requestId: string) =>
  receiver.taken(path, requestId).map(({ type }) => type);
const begun = ['AccessRequestValidated', 'AccessRequested', 'ApprovalRequested'];
/** Messages of one request may overtake each other when one comes again; `sequence` is their order. */
const toldAt = (path: string, requestId: string) =>
  expect.poll(() => typesAt(path, requestId).toSorted());

/** Requests that only serve to see who is told. */
const probes: string[] = [];

/** Waits until a webhook is taken over: it is told of what happens from then on. */
const isTold = (name: string) =>
  eventually(
    async () => {
      const id = await world.ask();
      probes.push(id);
      await eventually(
        () => {
          if (typesAt(`/${name}`, id).length < 3) throw new Error(`${name} is not told yet`);
        },
        { timeoutMs: 2_000 },
      );
    },
    { timeoutMs: 60_000 },
  );

describe('a webhook', () => {
  it('is told what happens, once, signed with both secrets', async () => {
    const id = await world.ask();
    await toldAt('/all', id).toEqual(begun);
    const told = receiver.taken('/all', id).toSorted((a, b) => a.data.sequence - b.data.sequence);
    const events = await world.history(id);
    expect(told.map((one) => [one.id, one.type, one.timestamp])).toEqual(
      events.map((recorded) => [recorded.id, recorded.event.type, recorded.at]),
    );
    expect(told[0]?.data.event).toEqual(events[0]?.event.data);
    for (const one of told) {
      expect(isSignedBy(one, secrets.now)).toBe(true);
      expect(isSignedBy(one, secrets.before)).toBe(true);
      expect(isSignedBy({ ...one, text: `${one.text} ` }, secrets.now)).toBe(false);
      expect(one.headers['content-type']).toBe('application/json');
      expect(one.headers.authorization).toBeUndefined();
    }
  });

  it('is told of the requests that it is for, and of the events that it wants', async () => {
    const theirs = uuidV7(new Date());
    await world.append(theirs, requestedBy(other), validated(humansOf(1), other));
    const mine = await world.ask();
    await toldAt('/all', theirs).toEqual(begun);
    await toldAt('/mine', mine).toEqual(begun);
    await toldAt('/asked', theirs).toEqual(['ApprovalRequested']);
    // Of the same consumer, and asked later.
    expect(typesAt('/mine', theirs)).toEqual([]);
    expect(receiver.taken('/mine', mine).every((one) => isSignedBy(one, secrets.before))).toBe(
      false,
    );
  });

  it('that cannot take it is told later, the same, while others are told at once', async () => {
    receiver.answer('/broken', 500);
    const id = await world.ask();
    await toldAt('/all', id).toEqual(begun);
    receiver.answer('/broken', 302);
    const before = receiver.calls('/broken');
    await expect.poll(() => receiver.calls('/broken')).toBeGreaterThan(before);
    expect(typesAt('/broken', id)).toEqual([]);
    expect(receiver.calls('/elsewhere')).toBe(0);
    receiver.answer('/broken', 204);
    await toldAt('/broken', id).toEqual(begun);
    const ids = (path: string) =>
      receiver
        .taken(path, id)
        .map((one) => one.id)
        .toSorted();
    expect(ids('/broken')).toEqual(ids('/all'));
  });
});

describe('webhooks that change', () => {
  it('are taken over: a new one is told from then on, and needs a usable secret', async () => {
    const before = await world.ask();
    await toldAt('/all', before).toEqual(begun);
    const unusable = hook('unusable', { secretFile: join(directory, 'unusable') });
    await world.configure([...usual(), hook('new'), unusable]);
    await isTold('new');
    expect(typesAt('/new', before)).toEqual([]);
    expect(receiver.calls('/unusable')).toBe(0);
  });
});

describe('a message that nobody takes for a day', () => {
  it('is parked for each that did not take it, and counted where it can be seen', async () => {
    // Without the one whose secret is of no use.
    await world.configure([...usual(), hook('after')]);
    await isTold('after');
    // What they are still to be told of those would be counted too.
    for (const probe of probes) {
      await toldAt('/broken', probe).toEqual(begun);
      await toldAt('/asked', probe).toEqual(['ApprovalRequested']);
    }
    receiver.answer('/broken', 503);
    receiver.answer('/asked', 503);
    const id = await world.ask();
    await toldAt('/all', id).toEqual(begun);
    await expect.poll(() => receiver.calls('/broken')).toBeGreaterThan(0);
    clockOffsetMs = 25 * 3_600_000;
    // Three events that the one should have taken, and one of them that the other should have.
    await expect.poll(() => countParked(world.connection, 'approval-webhooks')).toBe(4);
    const subject = 'drawbridge.parked.approval-webhooks';
    const last = await world.connection.manager.streams.getMessage(PARKED_STREAM, {
      last_by_subj: subject,
    });
    expect(last?.header.get(ParkedHeaders.consumer)).toMatch(/^approval-hook-(broken|asked)$/);
    expect(last?.header.get(ParkedHeaders.code)).toBe('webhook_given_up');
    await expect
      .poll(async () => {
        const answer = await fetch(`${service.url}/readyz`);
        const { figures } = (await answer.json()) as { figures: Record<string, number> };
        return figures['deadLetters'];
      })
      .toBe(4);
  });
});
