import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequestView } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { OpenWaits } from '../src/views/open-waits.js';
import { EventReader } from './event-reader.js';
import {
  dana,
  IdentityUnderTest,
  issuerYaml,
  oncall,
  reader,
  anotherRequest,
} from './identity-under-test.js';
import { startIngressUnderTest } from './ingress-under-test.js';
import { recorded, requestId, sample } from './sample-events.js';

let identity: IdentityUnderTest;
let token: string;
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  token = await identity.agentToken(oncall);
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
const submitted = async (as = token) => {
  const { body } = await identity.call(path, { token: as, body: anotherRequest() });
  return body as AccessRequestView;
};
const find = (id: string, query = '', headers = {}) =>
  identity.call(`${path}/${id}${query}`, { token, headers });
/** Of the thirty seconds that were asked for. */
const WELL_BEFORE_MS = 20_000;
const timed = async <Result>(work: Promise<Result>) => {
  const start = performance.now();
  const result = await work;
  return { result, ms: performance.now() - start };
};
const granted = (endsInMs: number) => {
  const { data } = sample.GrantIssued;
  const endsAt = new Date(Date.now() + endsInMs).toISOString();
  return { type: 'GrantIssued', data: { ...data, endsAt } } as const;
};

/** Begins something that is over soon; with more time where it was over before it began. */
async function soonOver<Begun>(begin: (ms: number) => Promise<Begun | undefined>): Promise<Begun> {
  for (const ms of [1_500, 3_000, 6_000, 12_000]) {
    const begun = await begin(ms);
    if (begun !== undefined) return begun;
  }
  throw new Error('it never began in time');
}

describe('waiting for a change', () => {
  it('ends as soon as the request has changed', async () => {
    const { id, revision } = await submitted();
    const waiting = timed(find(id, `?wait=30s&after=${revision}`));
    await delay(150);
    await identity.append(id, sample.AccessRequestValidated);
    const { result, ms } = await waiting;
    expect(result).toMatchObject({ status: 200, body: { status: 'pending' } });
    expect(ms).toBeLessThan(WELL_BEFORE_MS);
  });

  it('ends at once when the request has changed before', async () => {
    const { id, revision } = await submitted();
    await identity.append(id, sample.AccessRequestValidated);
    await eventually(async () =>
      expect((await find(id)).body).toMatchObject({ status: 'pending' }),
    );
    const { result, ms } = await timed(find(id, `?wait=30&after=${revision}`));
    expect(result.body).toMatchObject({ status: 'pending' });
    expect(ms).toBeLessThan(WELL_BEFORE_MS);
  });

  it('ends unchanged when the time is over', async () => {
    const view = await submitted();
    const { result, ms } = await timed(find(view.id, '?wait=1'));
    expect(result).toMatchObject({ status: 200, body: view });
    expect(ms).toBeGreaterThan(900);
  });

  it('ends at once when nothing can change any more', async () => {
    const { id } = await submitted();
    await identity.call(`${path}/${id}`, { token, method: 'DELETE' });
    const { result, ms } = await timed(find(id, '?wait=30'));
    expect(result.body).toMatchObject({ status: 'withdrawn' });
    expect(ms).toBeLessThan(WELL_BEFORE_MS);
  });

  it('ends with the grant, before anybody records that', async () => {
    const id = await soonOver(async (ms) => {
      const request = await submitted();
      await identity.append(request.id, granted(ms));
      const { status } = await eventually(async () => {
        const view = (await find(request.id)).body as AccessRequestView;
        expect(view.status).not.toBe('requested');
        return view;
      });
      return status === 'granted' ? request.id : undefined;
    });
    const { body } = await find(id, '?wait=30');
    expect(body).toMatchObject({ status: 'expired' });
  });

  it('understands If-None-Match', async () => {
    const { id } = await submitted();
    const etag = String((await find(id)).headers.get('etag'));
    const headers = { 'if-none-match': etag };
    expect(await find(id, '', headers)).toMatchObject({ status: 304, text: '' });
    expect(await find(id, '?wait=1', headers)).toMatchObject({ status: 304 });
    const waiting = find(id, '?wait=30', headers);
    await identity.append(id, sample.AccessRequestValidated);
    const changed = await waiting;
    expect(changed).toMatchObject({ status: 200, body: { status: 'pending' } });
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('is refused when the token loses its trust meanwhile', async () => {
    const yaml = issuerYaml('demo', identity.idp.issuer);
    const { id } = await submitted();
    const waiting = find(id, '?wait=30');
    await delay(100);
    await identity.trust('demo', `${yaml}\n  disabledSubjects: [agent-oncall]\n`);
    await eventually(async () =>
      expect((await identity.call('/v1/me', { token })).status).toBe(403),
    );
    await identity.append(id, sample.AccessRequestValidated);
    expect(await waiting).toMatchObject({ status: 403, body: { code: 'token_subject_disabled' } });
    await identity.trust('demo', yaml);
    await eventually(async () => expect((await find(id)).status).toBe(200));
  });

  it('is bounded for each caller, and others are not affected', async () => {
    const { id } = await submitted();
    const stop = new AbortController();
    const open = Array.from({ length: 20 }, () =>
      identity.call(`${path}/${id}?wait=30`, { token, signal: stop.signal }).catch(() => undefined),
    );
    const refused = await eventually(async () => {
      const answer = await find(id, '?wait=1');
      expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_waiters' } });
      return answer;
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await find(id)).status).toBe(200);
    const other = await identity.agentToken(reader);
    const theirs = await submitted(other);
    const answer = await identity.call(`${path}/${theirs.id}?wait=1`, { token: other });
    expect(answer.status).toBe(200);
    stop.abort();
    await Promise.all(open);
    await eventually(async () => expect((await find(id, '?wait=1')).status).toBe(200));
  });
});

const open = (id: string, headers: Record<string, string> = {}, as = token) =>
  fetch(`${identity.url}${path}/${id}`, {
    headers: { authorization: `Bearer ${as}`, accept: 'text/event-stream', ...headers },
  });
const statusOf = (event: { data: unknown } | undefined) =>
  (event?.data as AccessRequestView | undefined)?.status;

describe('a question', () => {
  const asked = (id: string) => ({
    type: 'QuestionAsked' as const,
    data: { questionId: id, by: sample.QuestionAsked.data.by, via: 'slack' as const, text: 'why?' },
  });
  const answer = (id: string, body: object, as = token) =>
    identity.call(`${path}/${id}/answers`, { token: as, body });

  it('ends the waiting of who follows the request, and so does the answer', async () => {
    const { id, revision } = await submitted();
    const waiting = find(id, `?wait=60&after=${revision}`);
    const questionId = randomUUID();
    await identity.append(id, asked(questionId));
    const heard = (await waiting).body as AccessRequestView;
    expect(heard.questions).toMatchObject([{ id: questionId, text: 'why?' }]);
    const told = find(id, `?wait=60&after=${heard.revision}`);
    const body = { questionId, text: 'it is red' };
    expect((await answer(id, body)).status).toBe(200);
    expect((await told).body).toMatchObject({ questions: [{ answer: { text: 'it is red' } }] });
    const before = await identity.eventCount();
    expect((await answer(id, body)).status).toBe(200);
    expect(await identity.eventCount()).toBe(before);
  });

  it('is answered by its requester alone', async () => {
    const { id } = await submitted();
    const questionId = randomUUID();
    await identity.append(id, asked(questionId));
    const body = { questionId, text: 'x' };
    const before = await identity.eventCount();
    const owner = await identity.humanToken(dana);
    const stranger = await identity.agentToken(reader);
    expect(await answer(id, body, owner)).toMatchObject({
      status: 403,
      body: { code: 'answer_not_allowed' },
    });
    expect(await answer(id, body, stranger)).toMatchObject({ status: 404 });
    expect(await answer(id, { ...body, questionId: randomUUID() })).toMatchObject({
      status: 404,
      body: { code: 'question_unknown' },
    });
    for (const text of ['', ' ', 'a\nb', 'a\u202eb', 'x'.repeat(1001), 1]) {
      expect((await answer(id, { ...body, text })).status).toBe(400);
    }
    expect(await identity.eventCount()).toBe(before);
  });
});

describe('server-sent events', () => {
  it('tell the whole story and end with it', async () => {
    const { id, revision } = await submitted();
    const events = new EventReader(await open(id));
    expect(events.response.headers.get('content-type')).toBe('text/event-stream');
    const first = await events.next();
    expect(first).toMatchObject({ event: 'access-request', id: String(revision) });
    const story = [sample.AccessRequestValidated, sample.AccessRequestApproved, granted(60_000)];
    const seen: (string | undefined)[] = [statusOf(first)];
    for (const event of story) {
      await identity.append(id, event);
      seen.push(statusOf(await events.next()));
    }
    await identity.append(id, sample.GrantRevoked);
    seen.push(statusOf(await events.next()));
    expect(seen).toStrictEqual(['requested', 'pending', 'approved', 'granted', 'revoked']);
    expect(await events.next()).toBeUndefined();
  });

  it('go on after the last one that the caller has', async () => {
    const { id, revision } = await submitted();
    const events = new EventReader(await open(id, { 'last-event-id': String(revision) }));
    await identity.append(id, sample.AccessRequestValidated);
    expect(statusOf(await events.next())).toBe('pending');
    const late = new EventReader(await open(id, { 'last-event-id': String(revision) }));
    expect(statusOf(await late.next())).toBe('pending');
    await identity.append(id, sample.AccessRequestLapsed);
    expect(statusOf(await late.next())).toBe('lapsed');
    const last = (await find(id)).body as AccessRequestView;
    const done = await open(id, { 'last-event-id': String(last.revision) });
    expect(done.status).toBe(204);
  });

  it.each(['', 'x', '-1', '1e9', '999999999999999999999'])(
    'begin with the present when Last-Event-ID is %j',
    async (lastEventId) => {
      const { id } = await submitted();
      const events = new EventReader(await open(id, { 'last-event-id': lastEventId }));
      expect(statusOf(await events.next())).toBe('requested');
      await events.response.body?.cancel().catch(() => undefined);
    },
  );

  it('tell the end of the grant, before anybody records that', async () => {
    const seen = await soonOver(async (ms) => {
      const { id } = await submitted();
      await identity.append(id, granted(ms));
      const events = new EventReader(await open(id));
      const statuses: (string | undefined)[] = [];
      for (let event = await events.next(); event !== undefined; event = await events.next()) {
        statuses.push(statusOf(event));
      }
      return statuses.includes('granted') ? statuses : undefined;
    });
    expect(seen.slice(-2)).toStrictEqual(['granted', 'expired']);
  });

  it('end when the token ends', async () => {
    const { id } = await submitted();
    const claims = {
      iss: identity.idp.issuer,
      aud: 'drawbridge',
      sub: 'agent-oncall',
      principal_type: 'agent',
      owner: 'dana@corp.test',
    };
    const events = await soonOver(async (ms) => {
      // It is believed for five seconds more.
      const exp = Math.floor((Date.now() + ms) / 1000) - 4;
      const short = await identity.idp.sign({ ...claims, exp }, { typ: 'at+jwt' });
      const response = await open(id, {}, short);
      return response.status === 200 ? new EventReader(response) : undefined;
    });
    expect(statusOf(await events.next())).toBe('requested');
    expect(await events.next()).toMatchObject({
      event: 'refused',
      data: { code: 'token_expired' },
    });
    expect(await events.next()).toBeUndefined();
  });

  it('end when the service stops, and go on after it is back', async () => {
    const { id, revision } = await submitted();
    const events = new EventReader(await open(id));
    await events.next();
    const ended = events.next();
    await identity.halt();
    expect(await ended).toBeUndefined();
    await identity.boot();
    await identity.append(id, sample.AccessRequestValidated);
    const again = new EventReader(await open(id, { 'last-event-id': String(revision) }));
    expect(statusOf(await again.next())).toBe('pending');
  });

  it('are refused like any other reading', async () => {
    const { id } = await submitted();
    const other = await identity.agentToken(reader);
    expect((await open(id, {}, other)).status).toBe(404);
    expect((await open(id, { authorization: '' })).status).toBe(401);
  });

  it('are sent only when asked for', async () => {
    const { id } = await submitted();
    for (const accept of ['*/*', 'application/json, text/event-stream', 'text/html']) {
      const response = await open(id, { accept });
      expect(response.headers.get('content-type')).toContain('application/json');
    }
  });
});

describe('T25 a caller that leaves before it has a place', () => {
  it.each([
    { what: 'a stream', accept: 'text/event-stream', query: '' },
    { what: 'a wait', accept: 'application/json', query: '?wait=30' },
  ])('keeps none: $what', async ({ accept, query }) => {
    const waits = new OpenWaits({ total: 1, perCaller: 1 });
    const entered = Promise.withResolvers<undefined>();
    const current = Promise.withResolvers<boolean>();
    const whenCurrent = () => {
      entered.resolve(undefined);
      return current.promise;
    };
    const { app, url } = await startIngressUnderTest(({ views }) => {
      views.fold(recorded(sample.AccessRequested, 1));
      return { waits, follower: { whenCurrent } };
    });
    const leaving = new AbortController();
    const { signal } = leaving;
    const address = `${url}${path}/${requestId}${query}`;
    const call = fetch(address, { headers: { accept, authorization: 'Bearer x' }, signal });
    await entered.promise;
    leaving.abort();
    await expect(call).rejects.toThrow();
    await delay(100);
    current.resolve(true);
    await delay(100);
    const leave = waits.enter('somebody else');
    expect(leave).toBeDefined();
    await app.close();
  });
});
