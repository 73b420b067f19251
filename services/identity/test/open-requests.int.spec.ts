import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { principalId, type AccessEvent, type AccessRequestView } from '@drawbridge/contracts';
import {
  accessEventStore,
  guardedBucket,
  OPEN_REQUESTS_BUCKET,
  connectJetStream,
  declareStreams,
  type GuardedBucket,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { EventStore } from '@drawbridge/kernel';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { uuidV7 } from '@drawbridge/runtime';
import { AccessRequests } from '../src/access-requests.js';
import { followViews } from '../src/nats/follow-views.js';
import { AccessViews } from '../src/views/access-views.js';
import {
  dana,
  IdentityUnderTest,
  oncall,
  reader,
  requestOf,
  type Answer,
} from './identity-under-test.js';
import { agent, request, sample } from './sample-events.js';

const path = '/v1/access-requests';

describe('two replicas', () => {
  let one: IdentityUnderTest;
  let other: IdentityUnderTest;
  let token: string;
  beforeAll(async () => {
    const limits = { MAX_OPEN_REQUESTS: '20' };
    one = await IdentityUnderTest.start(limits);
    other = await one.replica();
    token = await one.agentToken(oncall);
  });
  afterAll(async () => {
    await other.halt();
    await one.stop();
  });
  /** Again where so many at once are too many for a moment, which is another limit. */
  const ask = async (index: number, deployment: string): Promise<Answer> => {
    const at = index % 2 === 0 ? one : other;
    const answer = await at.call(path, { token, body: requestOf(deployment) });
    const { code } = answer.body as { code?: string };
    return code === 'too_many_requests' ? await ask(index, deployment) : answer;
  };

  it('take one of fifty equal requests that come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index, 'same')));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    const { id } = made[0]?.body as AccessRequestView;
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(49);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'identical_request_open' } });
      expect(answer.headers.get('location')).toBe(`${path}/${id}`);
    }
    expect(await one.eventCount()).toBe(1);
  });

  it('take as many different ones at once as an agent may have, and no more', async () => {
    const before = await one.eventCount();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(index, `other-${index}`)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(19);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_open_requests' } });
    }
    expect(await one.eventCount()).toBe(before + 19);
  });

  it('have a place again once a request is withdrawn, wherever that was', async () => {
    const { body } = await one.call(`${path}?limit=1`, { token });
    const [newest] = (body as { items: AccessRequestView[] }).items;
    await other.call(`${path}/${newest?.id ?? ''}`, { token, method: 'DELETE' });
    expect((await ask(0, 'one-more')).status).toBe(201);
    expect((await ask(1, 'too-many')).status).toBe(429);
  });
});

describe('the end of a run', () => {
  let one: IdentityUnderTest;
  let other: IdentityUnderTest;
  let token: string;
  beforeAll(async () => {
    one = await IdentityUnderTest.start();
    other = await one.replica();
    token = await one.agentToken(oncall);
  });
  afterAll(async () => {
    await other.halt();
    await one.stop();
  });
  const ask = async (deployment: string, runId?: string, as = token) => {
    const body = { ...requestOf(deployment), ...(runId === undefined ? {} : { runId }) };
    const answer = await one.call(path, { token: as, body });
    expect(answer.status).toBe(201);
    return (answer.body as AccessRequestView).id;
  };
  const end = (runId: string, at = other, as = token) =>
    at.call(`/v1/runs/${encodeURIComponent(runId)}/end`, { token: as, method: 'POST' });
  const statusOf = async (id: string) =>
    ((await one.call(`${path}/${id}`, { token })).body as AccessRequestView).status;

  it('ends all that was asked for in it, at whichever replica, and nothing else', async () => {
    const waiting = await ask('waiting', 'nightly-1');
    const granted = await ask('open', 'nightly-1');
    const { data } = sample.GrantIssued;
    const endsAt = new Date(Date.now() + 600_000).toISOString();
    await one.append(granted, { type: 'GrantIssued', data: { ...data, endsAt } });
    const denied = await ask('denied', 'nightly-1');
    await one.append(denied, sample.AccessRequestDenied);
    const kept = [await ask('of-none'), await ask('of-another', 'nightly-2')];
    const last = await ask('just-now', 'nightly-1');
    expect((await end('nightly-1')).body).toStrictEqual({ ended: 3 });
    const { events } = await accessEventStore(one.connection, 'audit').load(granted);
    expect(events.at(-1)?.event).toMatchObject({
      type: 'AccessRequestWithdrawn',
      data: { runId: 'nightly-1', by: { subject: oncall.id } },
    });
    for (const id of [waiting, granted, last]) {
      await eventually(async () => expect(await statusOf(id)).toBe('withdrawn'));
    }
    expect(await statusOf(denied)).toBe('denied');
    for (const id of kept) expect(await statusOf(id)).toBe('requested');
    expect((await end('nightly-1')).body).toStrictEqual({ ended: 0 });
    expect((await end('nightly-1', one)).body).toStrictEqual({ ended: 0 });
  });

  it('is for the agent of the run alone', async () => {
    const id = await ask('mine', 'nightly-3');
    const theirs = await one.agentToken(reader);
    const owner = await one.humanToken(dana);
    expect((await end('nightly-3', one, theirs)).body).toStrictEqual({ ended: 0 });
    expect((await end('nightly-3', one, owner)).body).toStrictEqual({ ended: 0 });
    expect(await statusOf(id)).toBe('requested');
  });

  it.each(['', ' ', 'a b', '-a', 'a/b', 'a\u202eb', 'x'.repeat(129)])(
    'is not named %j',
    async (runId) => {
      const body = { ...requestOf('named'), runId };
      expect((await one.call(path, { token, body })).status).toBe(400);
      expect([400, 404]).toContain((await end(runId)).status);
    },
  );
});

describe('an identical request', () => {
  let identity: IdentityUnderTest;
  let token: string;
  beforeAll(async () => {
    identity = await IdentityUnderTest.start();
    token = await identity.agentToken(oncall);
  });
  afterAll(() => identity.stop());
  const ask = (body: object) => identity.call(path, { token, body });

  it('is one for the same scope and connection, whatever else it says', async () => {
    const asked = requestOf('alike');
    expect((await ask(asked)).status).toBe(201);
    const alike = { ...asked, durationSeconds: 60, reason: 'another', ticket: 'INC-1' };
    expect((await ask(alike)).status).toBe(409);
    expect((await ask({ ...asked, connection: 'staging' })).status).toBe(201);
    expect((await ask(requestOf('unlike'))).status).toBe(201);
  });

  it('may be asked by another agent', async () => {
    expect((await ask(requestOf('of-two'))).status).toBe(201);
    const theirs = await identity.idp.sign({
      ...{ iss: identity.idp.issuer, aud: 'drawbridge', sub: 'other' },
      ...{ principal_type: 'agent', owner: 'dana@corp.test' },
      exp: Math.floor(Date.now() / 1000) + 600,
    });
    const answer = await identity.call(path, { token: theirs, body: requestOf('of-two') });
    expect(answer.status).toBe(201);
  });

  it('may be asked again once the other has ended', async () => {
    const first = (await ask(requestOf('again'))).body as AccessRequestView;
    await identity.append(first.id, sample.AccessRequestDenied);
    expect((await ask(requestOf('again'))).status).toBe(201);
    expect((await ask(requestOf('again'))).status).toBe(409);
  });

  it('is refused while the grant is open, and may be asked when its time is over', async () => {
    const first = (await ask(requestOf('granted'))).body as AccessRequestView;
    const { data } = sample.GrantIssued;
    const endsAt = new Date(Date.now() + 3_000).toISOString();
    await identity.append(first.id, { type: 'GrantIssued', data: { ...data, endsAt } });
    expect((await ask(requestOf('granted'))).status).toBe(409);
    await eventually(async () => expect((await ask(requestOf('granted'))).status).toBe(201));
  });

  it('is refused also when the list of open ones is gone', async () => {
    expect((await ask(requestOf('healed'))).status).toBe(201);
    const { manager } = identity.connection;
    await manager.streams.purge('KV_drawbridge_open_requests');
    expect((await ask(requestOf('healed'))).status).toBe(409);
  });
});

describe('a process that dies between taking a place and recording the request', () => {
  let nats: TestNats;
  let connection: JetStreamConnection;
  let bucket: GuardedBucket;
  let now: number;
  beforeAll(async () => {
    nats = await startNats();
    connection = await connectJetStream({ servers: nats.servers, name: 'test' });
    await declareStreams(connection, { replicas: 1 });
    bucket = guardedBucket(connection, OPEN_REQUESTS_BUCKET);
  });
  beforeEach(() => {
    now = Date.now();
  });
  afterAll(async () => {
    await connection.close();
    await nats.stop();
  });

  const requestsOver = (store: EventStore<AccessEvent>) =>
    new AccessRequests({
      store,
      views: new AccessViews(),
      openRequests: bucket,
      clock: () => new Date(now),
      readerGroups: [],
      maxOpenRequests: 1,
    });
  const dying = (): EventStore<AccessEvent> => ({
    ...accessEventStore(connection, 'identity'),
    append: () => Promise.reject(new Error('the process is dead')),
  });
  const call = { caller: { ...agent, subject: uuidV7(new Date()) }, causationId: 'test' };

  it('blocks for a minute and no longer, and its own repetition not at all', async () => {
    await expect(requestsOver(dying()).submit(request, call, 'key')).rejects.toThrow('dead');
    const alive = requestsOver(accessEventStore(connection, 'identity'));
    now += 59_999;
    await expect(alive.submit(request, call)).rejects.toMatchObject({
      code: 'identical_request_open',
    });
    await expect(alive.submit({ ...request, connection: 'staging' }, call)).rejects.toMatchObject({
      code: 'too_many_open_requests',
    });
    const { created, view } = await alive.submit(request, call, 'key');
    expect(created).toBe(true);
    await alive.withdraw(view.id, call);
    now -= 59_999;
    await expect(requestsOver(dying()).submit(request, call, 'another')).rejects.toThrow('dead');
    now += 60_000;
    expect((await alive.submit(request, call)).created).toBe(true);
  });

  it('is told apart from one whose views have not seen the request yet', async () => {
    const caller = { ...agent, subject: uuidV7(new Date()) };
    const alive = requestsOver(accessEventStore(connection, 'identity'));
    const { view } = await alive.submit(request, { ...call, caller });
    now += 3_600_000;
    const behind = requestsOver(accessEventStore(connection, 'identity'));
    await expect(behind.submit(request, { ...call, caller })).rejects.toMatchObject({
      code: 'identical_request_open',
      requestId: view.id,
    });
  });

  it('is not needed for a list that has never been: what is open counts', async () => {
    const caller = { ...agent, subject: uuidV7(new Date()) };
    const views = new AccessViews();
    const follower = followViews(connection, {
      views,
      onEvent: () => undefined,
      logger: { log() {}, warn() {}, error() {} },
    });
    await requestsOver(accessEventStore(connection, 'identity')).submit(request, {
      ...call,
      caller,
    });
    await eventually(() => expect(views.openOf(principalId(caller))).toHaveLength(1));
    const empty: GuardedBucket = {
      read: () => Promise.resolve({ value: 'nonsense', revision: 0 }),
      write: () => Promise.resolve(true),
    };
    const upgraded = new AccessRequests({
      store: accessEventStore(connection, 'identity'),
      views,
      openRequests: empty,
      clock: () => new Date(),
      readerGroups: [],
      maxOpenRequests: 1,
    });
    await expect(upgraded.submit(request, { ...call, caller })).rejects.toMatchObject({
      code: 'identical_request_open',
    });
    await follower.close();
  });
});
