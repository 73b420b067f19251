import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '@drawbridge/contracts';
import { anotherRequest, IdentityUnderTest, oncall, validRequest } from './identity-under-test.js';

let identity: IdentityUnderTest;
let token: string;
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  token = await identity.agentToken(oncall);
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] };
const withRule = (change: object) => ({ scope: { rules: [{ ...rule, ...change }] } });
const withParameters = (parameters: unknown) => ({ scope: { action: 'view', parameters } });
const long = (length: number) => 'x'.repeat(length);
const many = (count: number) => Array.from({ length: count }, () => 'get');

/** Body fields to change, and the fields that must be named. */
const badFields: readonly (readonly [string, object, readonly string[]])[] = [
  ['no connection', { connection: undefined }, ['/connection']],
  ['a null connection', { connection: null }, ['/connection']],
  ['a number as connection', { connection: 7 }, ['/connection']],
  ['connections', { connection: ['prod-eks'] }, ['/connection']],
  ['an empty connection', { connection: '' }, ['/connection']],
  ['a connection in capitals', { connection: 'Prod' }, ['/connection']],
  ['a connection with a path', { connection: '../prod' }, ['/connection']],
  ['a connection with a dot', { connection: 'prod.eks' }, ['/connection']],
  ['a connection with a wildcard', { connection: '*' }, ['/connection']],
  ['a connection with a line break', { connection: 'prod\n' }, ['/connection']],
  ['a connection of 64 characters', { connection: long(64) }, ['/connection']],
  ['no scope', { scope: undefined }, ['/scope']],
  ['a null scope', { scope: null }, ['/scope']],
  ['a text as scope', { scope: 'admin' }, ['/scope']],
  ['an array as scope', { scope: [] }, ['/scope']],
  ['an empty action', { scope: { action: '' } }, ['/scope/action']],
  ['a null action', { scope: { action: null } }, ['/scope/action']],
  ['an action of 64 characters', { scope: { action: long(64) } }, ['/scope/action']],
  ['parameters that are text', withParameters('payments'), ['/scope/parameters']],
  ['parameters that are null', withParameters(null), ['/scope/parameters']],
  ['parameters in an array', withParameters([]), ['/scope/parameters']],
  [
    'a parameter that is a number',
    withParameters({ namespace: 1 }),
    ['/scope/parameters/namespace'],
  ],
  [
    'a parameter that is an object',
    withParameters({ namespace: {} }),
    ['/scope/parameters/namespace'],
  ],
  ['an empty parameter', withParameters({ namespace: '' }), ['/scope/parameters/namespace']],
  [
    'a parameter of 254 characters',
    withParameters({ namespace: long(254) }),
    ['/scope/parameters/namespace'],
  ],
  ['no rules', { scope: { rules: [] } }, ['/scope/rules']],
  ['51 rules', { scope: { rules: Array.from({ length: 51 }, () => rule) } }, ['/scope/rules']],
  ['rules that are an object', { scope: { rules: rule } }, ['/scope/rules']],
  ['a null rule', { scope: { rules: [null] } }, ['/scope/rules/0']],
  ['a rule without verbs', withRule({ verbs: undefined }), ['/scope/rules/0/verbs']],
  ['a rule with no verbs', withRule({ verbs: [] }), ['/scope/rules/0/verbs']],
  ['a rule with 101 verbs', withRule({ verbs: many(101) }), ['/scope/rules/0/verbs']],
  ['a verb that is a number', withRule({ verbs: ['get', 1] }), ['/scope/rules/0/verbs/1']],
  ['a verb with a space', withRule({ verbs: ['get list'] }), ['/scope/rules/0/verbs/0']],
  ['an empty resource', withRule({ resources: [''] }), ['/scope/rules/0/resources/0']],
  [
    'a resource with a line break',
    withRule({ resources: ['pods\n'] }),
    ['/scope/rules/0/resources/0'],
  ],
  [
    'a resource with a text direction',
    withRule({ resources: ['pods\u202e'] }),
    ['/scope/rules/0/resources/0'],
  ],
  ['a rule without namespaces', withRule({ namespaces: undefined }), ['/scope/rules/0/namespaces']],
  [
    'a namespace of 254 characters',
    withRule({ namespaces: [long(254)] }),
    ['/scope/rules/0/namespaces/0'],
  ],
  ['no names at all', withRule({ resourceNames: [] }), ['/scope/rules/0/resourceNames']],
  [
    'an unknown field of a rule',
    withRule({ nonResourceURLs: ['/'] }),
    ['/scope/rules/0/nonResourceURLs'],
  ],
  ['no duration', { durationSeconds: undefined }, ['/durationSeconds']],
  ['a null duration', { durationSeconds: null }, ['/durationSeconds']],
  ['a duration as text', { durationSeconds: '900' }, ['/durationSeconds']],
  ['no seconds', { durationSeconds: 0 }, ['/durationSeconds']],
  ['29 seconds', { durationSeconds: 29 }, ['/durationSeconds']],
  ['a negative duration', { durationSeconds: -900 }, ['/durationSeconds']],
  ['a fractional duration', { durationSeconds: 900.5 }, ['/durationSeconds']],
  ['a duration of more than a day', { durationSeconds: 86_401 }, ['/durationSeconds']],
  ['an endless duration', { durationSeconds: 1e300 }, ['/durationSeconds']],
  ['no reason', { reason: undefined }, ['/reason']],
  ['a null reason', { reason: null }, ['/reason']],
  ['a number as reason', { reason: 1 }, ['/reason']],
  ['an empty reason', { reason: '' }, ['/reason']],
  ['a blank reason', { reason: ' \t ' }, ['/reason']],
  ['a reason of 1001 characters', { reason: long(1001) }, ['/reason']],
  ['a reason with a line break', { reason: 'a\nb' }, ['/reason']],
  ['a reason with an escape sequence', { reason: 'a\u001b[31mb' }, ['/reason']],
  ['a reason with a null byte', { reason: 'a\u0000b' }, ['/reason']],
  ['a reason with a text direction', { reason: 'a\u202eb' }, ['/reason']],
  ['a reason with an isolate', { reason: 'a\u2066b' }, ['/reason']],
  ['an empty ticket', { ticket: '' }, ['/ticket']],
  ['a null ticket', { ticket: null }, ['/ticket']],
  ['tickets', { ticket: ['INC-1'] }, ['/ticket']],
  ['a ticket of 65 characters', { ticket: long(65) }, ['/ticket']],
  ['a ticket with a carriage return', { ticket: 'INC-1\rINC-2' }, ['/ticket']],
  ['an unknown field', { approved: true }, ['/approved']],
  ['a requester', { requester: { subject: 'root' } }, ['/requester']],
  ['a status and an id', { status: 'granted', id: 'x' }, ['/status', '/id']],
  ['a constructor', { constructor: { prototype: {} } }, ['/constructor']],
  [
    'several bad fields',
    { connection: '', durationSeconds: 'x', reason: 1, extra: 1 },
    ['/connection', '/durationSeconds', '/reason', '/extra'],
  ],
];

const problemOf = ({ body }: { body: unknown }) => body as Problem;
const fieldsOf = (answer: { body: unknown }) =>
  (problemOf(answer).errors ?? []).map(({ field }) => field);

describe('a body with a bad field', () => {
  it.each(badFields)(
    '%s: is refused with its name, and nothing is appended',
    async (_, change, fields) => {
      const before = await identity.eventCount();
      const answer = await identity.call(path, { token, body: { ...validRequest, ...change } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
      expect(fieldsOf(answer)).toEqual(expect.arrayContaining([...fields]));
      expect(answer.text.length).toBeLessThan(4_000);
      expect(await identity.eventCount()).toBe(before);
    },
  );

  it('is refused with what was asked when both an action and rules are given', async () => {
    const scope = { action: 'view', parameters: {}, rules: [rule] };
    const answer = await identity.call(path, { token, body: { ...validRequest, scope } });
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer).every((field) => field.startsWith('/scope'))).toBe(true);
  });
});

const json = JSON.stringify(validRequest);
const nested = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;

/** Bodies as they are sent, and what answers them. */
const badBodies: readonly (readonly [string, string, number, string])[] = [
  ['no JSON', '{', 400, 'body_malformed'],
  ['a trailing comma', json.replace('}', ',}'), 400, 'body_malformed'],
  ['a second value', `${json}${json}`, 400, 'body_malformed'],
  ['a repeated key', json.replace('{', '{"connection":"dev-eks",'), 400, 'body_malformed'],
  [
    'an escaped repeated key',
    json.replace('{', '{"\\u0063onnection":"dev-eks",'),
    400,
    'body_malformed',
  ],
  [
    'a repeated key within',
    json.replace('"namespace"', '"deployment":"x","namespace"'),
    400,
    'body_malformed',
  ],
  ['a text', '"request"', 400, 'body_invalid'],
  ['null', 'null', 400, 'body_invalid'],
  ['an array', `[${json}]`, 400, 'body_invalid'],
  ['a prototype', json.replace('{', '{"__proto__":{"connection":"x"},'), 400, 'body_malformed'],
  [
    'a prototype of parameters',
    json.replace('"namespace"', '"__proto__":{},"namespace"'),
    400,
    'body_malformed',
  ],
  ['10 000 objects in each other', nested, 400, 'body_invalid'],
  [
    '10 000 arrays in each other',
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    400,
    'body_invalid',
  ],
  ['more than 64 KiB', json.replace('failing', long(65_536)), 413, 'body_too_large'],
];

describe('a body that cannot be used', () => {
  it.each(badBodies)(
    '%s: is refused, and nothing is appended',
    async (...[, body, status, code]) => {
      const before = await identity.eventCount();
      const answer = await identity.call(path, { token, body });
      expect(answer).toMatchObject({ status, body: { code } });
      expect(answer.text.length).toBeLessThan(4_000);
      expect(await identity.eventCount()).toBe(before);
    },
  );

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/json; charset=utf-16'],
    ['application/merge-patch+json'],
    [''],
  ])('%j as its type: is refused', async (type) => {
    const before = await identity.eventCount();
    const headers = { 'content-type': type };
    const answer = await identity.call(path, { token, body: json, headers });
    expect(answer).toMatchObject({ status: 415, body: { code: 'content_type_unsupported' } });
    expect(await identity.eventCount()).toBe(before);
  });

  it('is missing', async () => {
    const answer = await identity.call(path, { token, method: 'POST' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });
});

describe('an idempotency key', () => {
  it.each(['', ' ', 'a b', 'a,b', '"quoted"', 'ünïcode', long(129), 'a;b', '{}', '<b>'])(
    '%j is refused, and nothing is appended',
    async (key) => {
      const before = await identity.eventCount();
      const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
      const answer = await identity.call(path, { token, body: validRequest, headers });
      expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency_key_invalid' } });
      expect(await identity.eventCount()).toBe(before);
    },
  );
});

const id = '0198f0a4-7f3a-7c40-8e57-0c6b3a4d2e11';

describe('a target with a bad part', () => {
  it.each<[string, string, string, string | undefined]>([
    ['GET', `${path}/1`, 'path_invalid', 'path.id'],
    ['GET', `${path}/${id}x`, 'path_invalid', 'path.id'],
    ['GET', `${path}/*`, 'path_invalid', 'path.id'],
    ['GET', `${path}/%3E`, 'path_invalid', 'path.id'],
    ['GET', `${path}/%00`, 'path_invalid', 'path.id'],
    ['GET', `${path}/%2e%2e%2fme`, 'path_invalid', 'path.id'],
    ['DELETE', `${path}/x`, 'path_invalid', 'path.id'],
    ['GET', `${path}/%zz`, 'request_malformed', undefined],
    ['GET', `${path}/${id}?wait=61`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait=-1`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait=1.5`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait=forever`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait=`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait=1&wait=2`, 'query_invalid', 'query.wait'],
    ['GET', `${path}/${id}?wait[]=1`, 'query_invalid', 'query.wait[]'],
    ['GET', `${path}/${id}?after=x`, 'query_invalid', 'query.after'],
    ['GET', `${path}/${id}?after=-1`, 'query_invalid', 'query.after'],
    ['GET', `${path}/${id}?other=1`, 'query_invalid', 'query.other'],
    ['GET', `${path}/${id}?__proto__=1`, 'query_invalid', 'query.__proto__'],
    ['GET', `${path}?status=open`, 'query_invalid', 'query.status'],
    ['GET', `${path}?limit=0`, 'query_invalid', 'query.limit'],
    ['GET', `${path}?limit=101`, 'query_invalid', 'query.limit'],
    ['GET', `${path}?limit=ten`, 'query_invalid', 'query.limit'],
    ['GET', `${path}?after=%20`, 'query_invalid', 'query.after'],
    ['GET', `${path}?after=x`, 'query_invalid', 'query.after'],
    ['GET', `${path}?requester=root`, 'query_invalid', 'query.requester'],
  ])('%s %s: %s', async (...[method, target, code, field]) => {
    const before = await identity.eventCount();
    const answer = await identity.call(target, { token, method });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    if (field !== undefined) expect(fieldsOf(answer)).toContain(field);
    expect(await identity.eventCount()).toBe(before);
  });
});

describe('limits', () => {
  let small: IdentityUnderTest;
  beforeAll(async () => {
    small = await IdentityUnderTest.start({ MAX_OPEN_REQUESTS: '2', REQUESTS_PER_MINUTE: '6' });
  });
  afterAll(() => small.stop());

  it('refuse more open requests than allowed, also at the same time', async () => {
    const as = await small.agentToken(oncall);
    const calls = Array.from({ length: 5 }, () =>
      small.call(path, { token: as, body: anotherRequest(), headers: {} }),
    );
    const answers = await Promise.all(calls);
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toStrictEqual([201, 201, 429, 429, 429]);
    expect(await small.eventCount()).toBe(2);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({ code: 'too_many_open_requests' });
  });

  it('refuse more calls than allowed and tell when to try again', async () => {
    const as = await small.agentToken(oncall);
    const answers = [];
    for (let index = 0; index < 3; index += 1) {
      answers.push(await small.call(path, { token: as, body: anotherRequest() }));
    }
    const refused = answers.at(-1);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await small.eventCount()).toBe(2);
  });
});
