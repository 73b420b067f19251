import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { eventually, nativeTool, startNats, type TestNats } from '@drawbridge/testing';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessEventStore,
  auditEventStore,
  countOpenParked,
  deleteDurable,
  durablesOf,
  findParked,
  openParked,
  settleParked,
  activityLog,
  commandLines,
  connectJetStream,
  countParked,
  declareStreams,
  durableConsumer,
  followAccessEvents,
  followHoldEvents,
  followMembers,
  followTrustBundle,
  followStopEvents,
  holdEventStore,
  lastActivity,
  useEventStore,
  JetStreamStrategy,
  publishTrustBundle,
  recordCommands,
  requireStreams,
  guardedBucket,
  memberKeyOf,
  EXPORTS_BUCKET,
  MEMBERS_BUCKET,
  NAMES_SUBJECT,
  RUNNING_SESSION_SUBJECT,
  parkMessage,
  OPEN_REQUESTS_BUCKET,
  RATES_BUCKET,
  SLACK_CARDS_BUCKET,
  SLACK_TAKEN_BUCKET,
  stopEventStore,
  type JetStreamConnection,
} from '../src/index.js';
import { comment } from './access-events.js';
import { commandStarted } from './command-records.js';
import { commandHeld, holdApproved, writtenBy } from './hold-events.js';
import { listen } from './nest-application.js';

const execute = promisify(execFile);
const infra = join(import.meta.dirname, '../../../infra/nats');
const authorizationFile = readFileSync(join(infra, 'authorization.conf'), 'utf8');
const users = ['provision', 'identity', 'policy', 'approval', 'proxy', 'audit'] as const;
type User = (typeof users)[number];
const services = ['identity', 'policy', 'approval', 'proxy', 'audit'] as const;
type Service = (typeof services)[number];
const passwords = users.map((user) => `${user.toUpperCase()}_PASSWORD: "password of ${user}"`);

let nats: TestNats;
const connections = new Map<User, JetStreamConnection>();
const as = (user: User): JetStreamConnection => {
  const connection = connections.get(user);
  if (connection === undefined) throw new Error(`${user} is not connected`);
  return connection;
};

beforeAll(async () => {
  const more = authorizationFile.replace('include "./passwords.conf"', passwords.join('\n'));
  nats = await startNats({ more });
  for (const user of users) {
    const password = `password of ${user}`;
    const { servers } = nats;
    connections.set(user, await connectJetStream({ servers, name: user, user, password }));
  }
  await declareStreams(as('provision'), { replicas: 1 });
});
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await nats.stop();
});

describe('infra/nats/authorization.conf', () => {
  it('is what its script writes', async () => {
    const script = join(infra, 'make-authorization.mjs');
    const { authorization } = (await import(script)) as { authorization: string };
    expect(authorizationFile).toBe(authorization);
  });

  it('is taken by the server with nats-server.conf and a file of passwords', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-nats-conf-'));
    for (const name of ['nats-server.conf', 'authorization.conf']) {
      await copyFile(join(infra, name), join(directory, name));
    }
    const configFile = join(directory, 'nats-server.conf');
    const check = async () => execute(await nativeTool('nats-server'), ['-t', '-c', configFile]);
    await expect(check()).rejects.toThrow('passwords.conf');
    await writeFile(join(directory, 'passwords.conf'), passwords.join('\n'));
    const { stderr } = await check();
    expect(stderr).toContain('is valid');
    await rm(directory, { recursive: true });
  });

  it.each([
    ['nobody', undefined, undefined],
    ['an unknown user', 'mallory', 'x'],
    ['a wrong password', 'policy', 'password of proxy'],
    ['an empty password', 'policy', ''],
  ])('refuses %s', async (_who, user, password) => {
    const attempt = connectJetStream({
      servers: nats.servers,
      name: 'stranger',
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'nats_refused' });
    await attempt.catch((error: unknown) => expect(String(error)).not.toContain('password of'));
  });
});

describe('what each service needs', () => {
  it.each(services)('%s finds the streams and follows access events and trust', async (service) => {
    const connection = as(service);
    await requireStreams(connection);
    const follower = followAccessEvents(connection, { onEvent: () => undefined });
    await follower.caughtUp;
    expect(follower.isCurrent()).toBe(true);
    await follower.close();
    const trust = await followTrustBundle(connection, () => undefined);
    await trust.close();
  });

  it.each<[Service, string]>([
    ...services.map((service): [Service, string] => [service, service]),
    ['approval', 'approval-slack'],
    ['approval', 'approval-slack-ends'],
  ])('%s handles events as %s and parks what it cannot read', async (service, durable) => {
    @Controller()
    class Quiet {
      @EventPattern('GrantIssued')
      on(@Payload() event: unknown) {
        return event;
      }
    }
    const subject = `drawbridge.access.${randomUUID()}`;
    await as('policy').jetstream.publish(subject, 'poison');
    const strategy = new JetStreamStrategy({
      connection: as(service),
      stream: 'ACCESS',
      durable,
    });
    const app = await listen(Quiet, strategy);
    await eventually(() => expect(strategy.health().parked).toBeGreaterThan(0));
    await eventually(async () => {
      const info = await as(service).manager.consumers.info('ACCESS', durable);
      expect(info.num_pending + info.num_ack_pending).toBe(0);
    });
    await app.close();
  });

  it('approval appends and loads', async () => {
    const store = accessEventStore(as('approval'), 'approval');
    const id = randomUUID();
    await comment(store, id, 'one');
    expect((await store.load(id)).events).toHaveLength(1);
    for (const service of services) {
      const { events } = await accessEventStore(as(service), service).load(id);
      expect(events).toHaveLength(1);
    }
  });

  it('proxy holds, approval approves, and both follow', async () => {
    const id = randomUUID();
    const steps = [
      ['proxy', commandHeld],
      ['approval', holdApproved],
    ] as const;
    for (const [service, event] of steps) {
      const store = holdEventStore(as(service), service);
      const { position } = await store.load(id);
      await store.append({ aggregateId: id, position, event, metadata: writtenBy(service) });
      const since = new Date(Date.now() - 60_000);
      const follower = followHoldEvents(as(service), { since, onEvent: () => undefined });
      await follower.caughtUp;
      await follower.close();
    }
  });

  it('proxy counts calls, and policy reads and handles them', async () => {
    const [grantId, commandId, accessRequestId] = [randomUUID(), randomUUID(), randomUUID()];
    const event = {
      type: 'CallCounted' as const,
      data: { grantId, commandId, accessRequestId, isChange: false },
    };
    const counting = useEventStore(as('proxy'), 'proxy');
    const { position } = await counting.load(grantId);
    await counting.append({
      aggregateId: grantId,
      position,
      event,
      metadata: writtenBy('proxy'),
    });
    expect((await useEventStore(as('policy'), 'policy').load(grantId)).events).toHaveLength(1);
    const consumer = await durableConsumer(as('policy'), {
      stream: 'USES',
      durable: 'policy',
      ackWaitMs: 10_000,
    });
    expect((await consumer.next())?.subject).toBe(`drawbridge.uses.${grantId}`);
  });

  it('approval handles events of holds for its cards', async () => {
    const consumer = await durableConsumer(as('approval'), {
      stream: 'HOLDS',
      durable: 'approval-slack',
      ackWaitMs: 10_000,
    });
    expect((await consumer.next())?.subject).toMatch(/^drawbridge\.holds\./);
  });

  it('approval raises bridges, identity disables agents, and all follow', async () => {
    const by = { kind: 'human' as const, issuer: 'https://idp.test', subject: 'alice', groups: [] };
    const agent = { issuer: 'https://idp.test', subject: 'agent' };
    const said = { by, reason: 'incident' };
    const appends = [
      [
        'approval',
        'all',
        {
          type: 'BridgesRaised' as const,
          data: { ...said, via: 'http' as const, target: 'all' as const, keep: true },
        },
      ],
      [
        'identity',
        'd_0123456789abcdef0123456789abcdef',
        { type: 'AgentDisabled' as const, data: { ...said, ...agent } },
      ],
    ] as const;
    for (const [service, key, event] of appends) {
      const store = stopEventStore(as(service), service);
      const { position } = await store.load(key);
      await store.append({ aggregateId: key, position, event, metadata: writtenBy(service) });
    }
    for (const service of services) {
      const types: string[] = [];
      const follower = followStopEvents(as(service), {
        onEvent: ({ event }) => types.push(event.type),
      });
      await follower.caughtUp;
      await follower.close();
      expect(types).toStrictEqual(['BridgesRaised', 'AgentDisabled']);
    }
    const forged = async () =>
      stopEventStore(as('identity'), 'identity').append({
        aggregateId: 'c_prod',
        position: { lastSequence: 0 },
        event: appends[0][2],
        metadata: writtenBy('identity'),
      });
    await expect(forged()).rejects.toMatchObject({ code: 'event_writer_wrong' });
  });

  it('identity publishes trust', async () => {
    const publishedAt = '2026-01-05T09:00:00.000Z';
    const bundle = { revision: 1, publishedAt, issuers: [] };
    expect(await publishTrustBundle(as('identity'), bundle)).toBe(true);
  });

  it('identity answers proxies that ask for newer keys', async () => {
    const subscription = as('identity').nats.subscribe('drawbridge.trust.refresh', {
      queue: 'identity',
      callback: (error, message) => {
        if (error === null) message.respond('newer');
      },
    });
    await as('identity').nats.flush();
    const answer = await as('proxy').nats.request('drawbridge.trust.refresh', '');
    expect(answer.string()).toBe('newer');
    subscription.unsubscribe();
  });

  it('proxies hear of each other', async () => {
    const heard = Promise.withResolvers<string>();
    const subscription = as('proxy').nats.subscribe('drawbridge.gateways', {
      callback: (error, message) =>
        heard.resolve(error === null ? message.string() : error.message),
    });
    as('proxy').nats.publish('drawbridge.gateways', 'here');
    expect(await heard.promise).toBe('here');
    subscription.unsubscribe();
  });

  it('approval keeps its Slack cards', async () => {
    const cards = await new Kvm(as('approval').jetstream).open(SLACK_CARDS_BUCKET);
    await cards.put('request', 'card');
    expect((await cards.get('request'))?.string()).toBe('card');
    await cards.delete('request');
  });

  it('approval looks at its dead letters, settles them, and finds consumers of webhooks', async () => {
    const name = 'approval-webhooks';
    const publish = async (text: string) =>
      (await as('approval').jetstream.publish(`drawbridge.parked.${name}`, text)).seq;
    const [one, two] = [await publish('one'), await publish('two')];
    await as('audit').jetstream.publish('drawbridge.parked.audit', 'of another');
    const open = async () =>
      (await openParked(as('approval'), name, 10)).map(({ sequence }) => sequence);
    expect(await open()).toStrictEqual([one, two]);
    await settleParked(as('approval'), name, one);
    await settleParked(as('approval'), name, one);
    expect(await open()).toStrictEqual([two]);
    expect(await countOpenParked(as('approval'), name)).toBe(1);
    expect(await findParked(as('approval'), name, one)).toBeUndefined();
    expect((await findParked(as('approval'), name, two))?.sequence).toBe(two);
    // What stands there is another's.
    expect(await findParked(as('approval'), name, two + 1)).toBeUndefined();
    const durable = 'approval-hook-test';
    for (const stream of ['ACCESS', 'AUDIT']) {
      const made = { stream, durable, ackWaitMs: 1_000, from: 'now' } as const;
      await durableConsumer(as('approval'), made);
      expect(await durablesOf(as('approval'), stream, 'approval-hook-')).toMatchObject([
        { name: durable, isPulled: false },
      ]);
      await deleteDurable(as('approval'), stream, durable);
      expect(await durablesOf(as('approval'), stream, 'approval-hook-')).toStrictEqual([]);
    }
  });

  it('approval takes each order of Slack once', async () => {
    const taken = guardedBucket(as('approval'), SLACK_TAKEN_BUCKET);
    expect(await taken.write('order', 1, 0)).toBe(true);
    expect(await taken.write('order', 1, 0)).toBe(false);
  });

  it('policy says to identity what would become of a request, and to nobody else', async () => {
    const subscription = as('policy').nats.subscribe('drawbridge.policy.explain', {
      callback: (_error, message) => void message.respond('denied'),
    });
    await as('policy').nats.flush();
    const answer = await as('identity').nats.request('drawbridge.policy.explain', '{}');
    expect(answer.string()).toBe('denied');
    for (const user of ['approval', 'proxy', 'audit'] as const) {
      await refusedRequest(user, 'drawbridge.policy.explain');
    }
    subscription.unsubscribe();
  });

  it('audit says to approval what was done by a grant, and to nobody else', async () => {
    const subject = 'drawbridge.audit.session-summary';
    const subscription = as('audit').nats.subscribe(subject, {
      callback: (_error, message) => void message.respond('14 calls'),
    });
    await as('audit').nats.flush();
    expect((await as('approval').nats.request(subject, '{}')).string()).toBe('14 calls');
    for (const user of ['identity', 'policy', 'proxy'] as const)
      await refusedRequest(user, subject);
    subscription.unsubscribe();
  });

  it('a gateway says to policy what a selector stands for, and to nobody else', async () => {
    const heard: string[] = [];
    const subscription = as('proxy').nats.subscribe(NAMES_SUBJECT, {
      callback: (_error, message) => {
        heard.push(message.string());
        message.respond('{"names":[]}');
      },
    });
    await as('proxy').nats.flush();
    const answer = await as('policy').nats.request(NAMES_SUBJECT, 'a question');
    expect(answer.string()).toBe('{"names":[]}');
    for (const user of ['identity', 'approval', 'proxy', 'audit'] as const) {
      await refusedRequest(user, NAMES_SUBJECT);
    }
    expect(heard).toStrictEqual(['a question']);
    subscription.unsubscribe();
    // Nobody else hears the question, nor could say anything where the answer is waited for.
    for (const user of ['identity', 'policy', 'approval', 'audit'] as const) {
      await refusedSubscription(user, NAMES_SUBJECT);
    }
    for (const user of ['identity', 'approval', 'proxy', 'audit'] as const) {
      await refusedRequest(user, '_INBOX_policy.forged');
    }
  });

  it('a gateway says to approval that it has a session, and to nobody else', async () => {
    const subscription = as('proxy').nats.subscribe(RUNNING_SESSION_SUBJECT, {
      callback: (_error, message) => void message.respond('mine'),
    });
    await as('proxy').nats.flush();
    const answer = await as('approval').nats.request(RUNNING_SESSION_SUBJECT, 'a question');
    expect(answer.string()).toBe('mine');
    subscription.unsubscribe();
    for (const user of ['identity', 'policy', 'proxy', 'audit'] as const) {
      await refusedRequest(user, RUNNING_SESSION_SUBJECT);
      await refusedRequest(user, '_INBOX_approval.forged');
    }
    for (const user of ['identity', 'policy', 'approval', 'audit'] as const) {
      await refusedSubscription(user, RUNNING_SESSION_SUBJECT);
    }
  });

  it('policy counts what needs nobody, and nobody else does', async () => {
    const rates = await new Kvm(as('policy').jetstream).open(RATES_BUCKET);
    await rates.put('policy.rule.who', '[]');
    expect((await rates.get('policy.rule.who'))?.string()).toBe('[]');
    for (const user of ['identity', 'approval', 'proxy', 'audit'] as const) {
      await refusedRequest(user, '$KV.drawbridge_rates.policy.rule.who', '[]');
    }
  });

  it('proxy notes what is used, and policy reads it', async () => {
    const before = Date.now();
    await activityLog(as('proxy'))('grant');
    const used = await lastActivity(as('policy'))('grant');
    expect(used).toBeGreaterThanOrEqual(before - 1_000);
    expect(await lastActivity(as('policy'))('another')).toBeUndefined();
  });

  it('identity writes what directories say, and policy and approval follow it', async () => {
    const bucket = guardedBucket(as('identity'), MEMBERS_BUCKET);
    const account = { issuer: 'https://id.corp.test', subject: 'alice' };
    const member = { ...account, isGone: true, groups: [], readAt: '2026-01-05T09:00:00.000Z' };
    for (const user of ['policy', 'approval'] as const) {
      const heard = Promise.withResolvers<unknown>();
      const follower = await followMembers(as(user), heard.resolve);
      const key = memberKeyOf(account);
      await bucket.write(key, member, (await bucket.read(key)).revision);
      expect(await heard.promise).toStrictEqual(member);
      expect(follower.isCurrent()).toBe(true);
      await follower.close();
    }
  });

  it('identity counts open requests, by compare-and-set', async () => {
    const bucket = guardedBucket(as('identity'), OPEN_REQUESTS_BUCKET);
    const { revision } = await bucket.read('agent');
    expect(await bucket.write('agent', ['one'], revision)).toBe(true);
    expect(await bucket.write('agent', ['two'], revision)).toBe(false);
    expect(await bucket.read('agent')).toMatchObject({ value: ['one'] });
  });

  it('audit says who was shown a recording, and consumes what it said', async () => {
    const id = randomUUID();
    const viewer = { kind: 'human' as const, issuer: 'https://idp', subject: 'bob', groups: [] };
    const data = { commandId: id, viewer, how: 'cast' as const };
    await auditEventStore(as('audit'), 'audit').append({
      aggregateId: id,
      position: { lastSequence: 0 },
      event: { type: 'RecordingViewed', data },
      metadata: writtenBy('audit'),
    });
    expect((await auditEventStore(as('audit'), 'audit').load(id)).events).toMatchObject([
      { event: { data } },
    ]);
    const made = { stream: 'AUDIT', durable: 'audit', ackWaitMs: 10_000 };
    const message = await (await durableConsumer(as('audit'), made)).next();
    expect(message?.subject).toBe(`drawbridge.audit-events.${id}`);
    await message?.ackAck();
  });

  it('proxy records commands and audit consumes them', async () => {
    const record = commandStarted();
    await recordCommands(as('proxy'), record);
    const consumer = await durableConsumer(as('audit'), {
      stream: 'COMMANDS',
      durable: 'audit',
      ackWaitMs: 10_000,
    });
    const message = await consumer.next();
    const lines = commandLines(message!).map((line) => Buffer.from(line).toString());
    expect(lines.map((line): unknown => JSON.parse(line))).toStrictEqual([record]);
    await message?.ackAck();
  });

  it('audit keeps how far each sink was told, reads streams from any place, and parks for sinks', async () => {
    const bucket = guardedBucket(as('audit'), EXPORTS_BUCKET);
    const { revision } = await bucket.read('siem');
    const next = await bucket.replace('siem', { owner: 'a' }, revision);
    expect(await bucket.replace('siem', { owner: 'b' }, revision)).toBeUndefined();
    expect(await bucket.read('siem')).toEqual({ value: { owner: 'a' }, revision: next });
    const record = commandStarted();
    await recordCommands(as('proxy'), record);
    const { consumers, streams } = as('audit').manager;
    const { state } = await streams.info('COMMANDS');
    const name = `sink-${randomUUID()}`;
    await consumers.add('COMMANDS', {
      name,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: state.last_seq,
      mem_storage: true,
    });
    const consumer = await as('audit').jetstream.consumers.get('COMMANDS', name);
    const message = await consumer.next();
    expect(message?.seq).toBe(state.last_seq);
    const query = { seq: 1, next_by_subj: '>' };
    expect((await streams.getMessage('COMMANDS', query))?.seq).toBeGreaterThan(0);
    await parkMessage(as('audit'), message!, {
      ...{ durable: 'audit-sinks', consumer: 'sink-siem', code: 'sink_refused' },
    });
    expect(await countParked(as('audit'), 'audit-sinks')).toBe(1);
    const [parked] = await openParked(as('audit'), 'audit-sinks', 10);
    await settleParked(as('audit'), 'audit-sinks', parked?.sequence ?? 0);
    expect(await openParked(as('audit'), 'audit-sinks', 10)).toStrictEqual([]);
    await consumer.delete();
  });
});

const refusedRequest = async (user: User, subject: string, payload = '{}'): Promise<void> => {
  // The refusal comes at once; how soon that is, is up to the machine.
  const request = as(user).nats.request(subject, payload, { timeout: 30_000 });
  const error: unknown = await request.then(
    (answer) => new Error(`answered: ${answer.string()}`),
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  expect(String(cause)).toMatch(/Permissions Violation/i);
};

const refusedSubscription = async (user: User, subject: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  as(user).nats.subscribe(subject, { callback: (error) => resolve(error) });
  expect(String(await promise)).toMatch(/Permissions Violation/i);
};

describe('what nobody may do', () => {
  const streams = [
    ...['ACCESS', 'HOLDS', 'STOPS', 'USES', 'AUDIT', 'COMMANDS', 'PARKED'],
    'KV_drawbridge_trust',
  ];
  const calls = ['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.UPDATE', 'STREAM.MSG.DELETE'];
  const cases = users.flatMap((user) =>
    calls.flatMap((call) =>
      streams.map((stream) => ({ user, subject: `$JS.API.${call}.${stream}` })),
    ),
  );

  it.each(cases)('$user: $subject', async ({ user, subject }) => {
    await refusedRequest(user, subject);
  });

  it.each(users)(
    '%s: create a stream of its own, or snapshot, or ask about accounts',
    async (user) => {
      await refusedRequest(user, '$JS.API.STREAM.CREATE.MINE', '{"name":"MINE"}');
      await refusedRequest(user, '$JS.API.STREAM.SNAPSHOT.ACCESS');
      await refusedRequest(user, '$SYS.REQ.SERVER.PING');
    },
  );
});

describe('what is for another service', () => {
  it.each<[User, string]>([
    ['proxy', `drawbridge.access.${randomUUID()}`],
    ['approval', '$JS.API.CONSUMER.CREATE.PARKED.read-x.drawbridge.parked.audit'],
    ['approval', '$JS.API.CONSUMER.CREATE.PARKED.read-x'],
    ['approval', '$JS.API.STREAM.MSG.GET.PARKED'],
    ['audit', '$JS.API.CONSUMER.CREATE.PARKED.read-x.drawbridge.parked.approval-webhooks'],
    ['audit', 'drawbridge.parked.approval-webhooks-settled'],
    ['audit', `drawbridge.access.${randomUUID()}`],
    ['provision', `drawbridge.access.${randomUUID()}`],
    ['identity', `drawbridge.holds.${randomUUID()}`],
    ['policy', `drawbridge.holds.${randomUUID()}`],
    ['audit', `drawbridge.holds.${randomUUID()}`],
    ['identity', `drawbridge.uses.${randomUUID()}`],
    ['policy', `drawbridge.uses.${randomUUID()}`],
    ['approval', `drawbridge.uses.${randomUUID()}`],
    ['audit', `drawbridge.uses.${randomUUID()}`],
    ['identity', `drawbridge.audit-events.${randomUUID()}`],
    ['policy', `drawbridge.audit-events.${randomUUID()}`],
    ['approval', `drawbridge.audit-events.${randomUUID()}`],
    ['proxy', `drawbridge.audit-events.${randomUUID()}`],
    ['proxy', '$JS.API.STREAM.MSG.GET.AUDIT'],
    ['approval', '$JS.API.CONSUMER.MSG.NEXT.AUDIT.audit'],
    ['proxy', '$JS.API.CONSUMER.DELETE.USES.policy'],
    ['proxy', 'drawbridge.stops.all'],
    ['policy', 'drawbridge.stops.all'],
    ['audit', 'drawbridge.stops.all'],
    ['provision', 'drawbridge.stops.all'],
    ['policy', '$JS.API.STREAM.MSG.GET.HOLDS'],
    ['proxy', '$JS.API.CONSUMER.DELETE.HOLDS.approval-slack'],
    ['proxy', '$JS.API.CONSUMER.MSG.NEXT.HOLDS.approval-slack'],
    ['identity', 'drawbridge.commands.prod-eks.refused'],
    ['policy', 'drawbridge.commands.prod-eks.refused'],
    ['approval', 'drawbridge.commands.prod-eks.refused'],
    ['audit', 'drawbridge.commands.prod-eks.refused'],
    ['audit', 'drawbridge.commands._batch.x'],
    ['proxy', 'drawbridge.commands.prod-eks.refused'],
    ['policy', '$KV.drawbridge_trust.bundle'],
    ['approval', '$KV.drawbridge_trust.bundle'],
    ['proxy', '$KV.drawbridge_trust.bundle'],
    ['audit', '$KV.drawbridge_trust.bundle'],
    ['proxy', '$KV.drawbridge_slack_cards.x'],
    ['policy', '$KV.drawbridge_members.x'],
    ['approval', '$KV.drawbridge_members.x'],
    ['proxy', '$KV.drawbridge_members.x'],
    ['audit', '$KV.drawbridge_members.x'],
    ['proxy', '$JS.API.DIRECT.GET.KV_drawbridge_members'],
    ['policy', '$KV.drawbridge_slack_taken.x'],
    ['identity', '$KV.drawbridge_activity.x'],
    ['policy', '$KV.drawbridge_activity.x'],
    ['approval', '$KV.drawbridge_activity.x'],
    ['audit', '$KV.drawbridge_activity.x'],
    ['approval', '$JS.API.DIRECT.GET.KV_drawbridge_activity'],
    ['policy', '$KV.drawbridge_open_requests.x'],
    ['approval', '$JS.API.DIRECT.GET.KV_drawbridge_open_requests'],
    ['proxy', 'drawbridge.parked.audit'],
    ['approval', 'drawbridge.parked.audit-sinks'],
    ['approval', '$JS.API.CONSUMER.CREATE.PARKED.read-x.drawbridge.parked.audit-sinks'],
    ['proxy', '$JS.API.CONSUMER.CREATE.AUDIT.approval-hook-x'],
    ['approval', '$JS.API.CONSUMER.CREATE.AUDIT.audit'],
    ['approval', '$JS.API.STREAM.MSG.GET.AUDIT'],
    ['proxy', '$KV.drawbridge_exports.siem'],
    ['approval', '$KV.drawbridge_exports.siem'],
    ['identity', '$JS.API.DIRECT.GET.KV_drawbridge_exports.$KV.drawbridge_exports.siem'],
    ['identity', '$JS.API.CONSUMER.DELETE.ACCESS.policy'],
    ['identity', '$JS.API.CONSUMER.CREATE.ACCESS.policy'],
    ['identity', '$JS.API.CONSUMER.CREATE.ACCESS.policy.drawbridge.access.x'],
    ['approval', '$JS.API.CONSUMER.MSG.NEXT.ACCESS.policy'],
    ['policy', '$JS.API.CONSUMER.MSG.NEXT.ACCESS.approval-slack'],
    ['audit', '$JS.API.CONSUMER.MSG.NEXT.ACCESS.approval-slack-ends'],
    ['proxy', '$JS.ACK.ACCESS.approval-slack.1.1.1.1.0'],
    ['policy', 'drawbridge.trust.refresh'],
    ['identity', 'drawbridge.gateways'],
    ['audit', 'drawbridge.gateways'],
    ['proxy', '$JS.API.CONSUMER.DELETE.COMMANDS.audit'],
    ['proxy', '$JS.API.CONSUMER.MSG.NEXT.COMMANDS.audit'],
    ['identity', '$JS.API.STREAM.MSG.GET.COMMANDS'],
    ['policy', '$JS.API.DIRECT.GET.KV_drawbridge_slack_cards'],
    ['proxy', '$JS.ACK.COMMANDS.audit.1.1.1.1.0'],
  ])('%s may not publish to %s', async (user, subject) => {
    await refusedRequest(user, subject);
  });

  it.each<[User, string]>([
    ['identity', '_INBOX_policy.>'],
    ['proxy', 'drawbridge.>'],
    ['proxy', 'drawbridge.trust.refresh'],
    ['audit', '>'],
    ['policy', 'drawbridge.gateways'],
    ['proxy', 'drawbridge.audit.session-summary'],
    ['policy', '_INBOX.>'],
    ['approval', '$JS.EVENT.ADVISORY.>'],
  ])('%s may not listen on %s', async (user, subject) => {
    const denied = Promise.withResolvers<unknown>();
    const subscription = as(user).nats.subscribe(subject, {
      callback: (error) => denied.resolve(error),
    });
    expect(String(await denied.promise)).toMatch(/Permissions Violation/i);
    subscription.unsubscribe();
  });
});
