import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandRecord, recordLine, type Principal } from '@drawbridge/contracts';
import { accessAttributes } from '../domain/access-attributes.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { RequestHeaders } from '../domain/request-headers.js';
import { ClientConnection } from '../listener/client-connection.js';
import { parseKubeRequest, type KubeRequest } from '../domain/kube-request.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { Allowed } from './authorize-call.js';
import { endedLine, refusedLine, startedLine } from './command-records.js';
import type { Exchange } from './exchange.js';

const commandId = '01a200fc-e240-7ced-950d-def6bcaf0208';
const grant: OpenGrant = {
  grantId: '01a200fc-e240-7ced-950d-def6bcaf0209',
  accessRequestId: '01a200fc-e240-7ced-950d-def6bcaf0210',
  issuer: 'https://idp.test',
  subject: 'a',
  connection: 'prod',
  rules: [],
  policy: 'oncall',
  reason: 'a test',
  approvers: [],
  issuedAtMs: 0,
  startsAtMs: 0,
  endsAtMs: 1,
};

/** What breaks JSON, lines, or the eyes of who reads them. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '\n', '\r\n', '\u2028\u2029', '\u0000', '\ud800', '","type":"x'),
  // Lone surrogates too, which UTF-8 has no bytes for.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const filled = hostile.filter((text) => text.length > 0);
const agents: fc.Arbitrary<Principal> = fc.record(
  {
    kind: fc.constantFrom('agent', 'human'),
    issuer: filled,
    subject: filled,
    groups: fc.array(filled),
    email: hostile,
    owner: filled,
  },
  { requiredKeys: ['kind', 'issuer', 'subject', 'groups'], noNullPrototype: true },
);
const resources: fc.Arbitrary<KubeRequest> = fc
  .record({
    verb: fc.oneof(hostile, fc.constant('proxy')),
    apiGroup: hostile,
    apiVersion: hostile,
    resource: hostile,
    subresource: fc.oneof(hostile, fc.constantFrom('*', 'proxy', 'exec')),
    namespace: hostile,
    name: hostile,
    target: hostile,
  })
  .map((hostileParts) => ({ ...parseKubeRequest('GET', '/api/v1/pods'), ...hostileParts }));

interface Call {
  readonly agent: Principal;
  readonly kube: KubeRequest;
  readonly method: string;
  readonly message: string;
  readonly userAgent: string;
  readonly address: string;
  readonly at: Date;
}
const calls: fc.Arbitrary<Call> = fc.record({
  agent: agents,
  kube: resources,
  method: hostile,
  message: hostile,
  userAgent: hostile,
  address: hostile,
  at: fc.date({
    min: new Date('2026-01-01'),
    max: new Date('2126-01-01'),
    noInvalidDate: true,
  }),
});

/** Written down as it came. */
const asItCame = { target: (target: string) => target, text: (text: string) => text };
const words = () => asItCame;

function exchangeOf({ agent, kube, method, userAgent, address, at }: Call): Exchange {
  const rawHeaders = ['Host', 'gateway', 'User-AGENT', userAgent, 'user-agent', 'another'];
  return {
    commandId,
    receivedAt: at,
    request: {
      method,
      target: '/connections/prod/api/v1/pods',
      httpVersion: '1.1',
      rawHeaders,
      headers: new RequestHeaders(rawHeaders),
      remoteAddress: address,
      connection: new ClientConnection(address),
      announced: undefined,
      body: undefined as never,
      complete: true,
      discardBody: () => undefined,
    },
    // No record says anything of the answer.
    answer: undefined as never,
    upgrade: undefined,
    awaitsContinue: false,
    facts: { connection: 'prod', agent, kube, grant, words },
    ends: [],
  };
}

/** The record as an object: what the line must mean. */
function callFields(call: Call) {
  const { agent, kube, method, userAgent, address, at } = call;
  if (kube.kind !== 'resource') throw new TypeError('expected a resource');
  const { apiGroup, apiVersion, resource, subresource, namespace, name, target } = kube;
  // What was judged, which for a way into a pod is not what the method says.
  const { verb } = accessAttributes(kube);
  const [path = '', ...query] = target.split('?');
  return {
    commandId,
    connection: 'prod',
    at: at.toISOString(),
    agent: saidOf(agent, ['groups']),
    grantId: grant.grantId,
    accessRequestId: grant.accessRequestId,
    method,
    path: path.slice(0, 2_048),
    query: query.join('?').slice(0, 2_048),
    ...{ verb, apiGroup, apiVersion, resource, subresource, namespace, name },
    clientAddress: address,
    userAgent: `${userAgent}, another`.slice(0, 256),
  };
}

/** Without what says nothing. */
function saidOf<Fields extends object>(fields: Fields, always: string[] = []): Partial<Fields> {
  const isEmpty = (value: unknown) => value === '' || (Array.isArray(value) && value.length === 0);
  const entries = Object.entries(fields).filter(
    ([name, value]) => always.includes(name) || !isEmpty(value),
  );
  return Object.fromEntries(entries) as Partial<Fields>;
}

/** Read back as audit does: UTF-8 bytes, one line, the schema. */
function readBack(line: string): unknown {
  const bytes = Buffer.from(line);
  expect(bytes.includes('\n')).toBe(false);
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  // The one text that such a record may have: audit gives it back from columns.
  expect(recordLine(parsed as CommandRecord)).toBe(line);
  return parsed;
}

describe('the line of a record', () => {
  it('means what the object does: a start', () => {
    fc.assert(
      fc.property(calls, (call) => {
        const { kube, agent, message } = call;
        const decision = { effect: 'allow' as const, reason: 'in_scope' as const, message, grant };
        const allowed = { ...exchangeOf(call), kube, agent, grant, decision, connection: 'prod' };
        expect(readBack(startedLine(allowed as unknown as Allowed))).toStrictEqual({
          type: 'CommandStarted',
          ...callFields(call),
          decision: { effect: 'allow', reason: 'in_scope', message },
        });
      }),
    );
  });

  it('says what is not masked, of that call and not of the next', () => {
    const [call] = fc.sample(calls, { numRuns: 1, seed: 1 });
    if (call === undefined) throw new Error('no call');
    const exchange = exchangeOf(call);
    const decision = { effect: 'allow', reason: 'in_scope', message: '', grant };
    const lineWith = (facts: object) =>
      readBack(
        startedLine({
          ...{ ...exchange, ...call, grant, decision, connection: 'prod' },
          facts: { ...exchange.facts, ...facts },
        } as unknown as Allowed),
      );
    const guard = { effect: 'allow', policyVersion: 'v', matched: [] };
    expect(lineWith({ guard })).not.toHaveProperty('warnings');
    expect(lineWith({ guard, notice: 'n' })).toMatchObject({ warnings: ['n'] });
    expect(lineWith({ guard })).not.toHaveProperty('warnings');
  });

  it('means what the object does: a refusal', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 400, max: 505 }), (call, statusCode) => {
        const { message } = call;
        const refusal = { code: 'no_grant', message, statusCode };
        expect(readBack(refusedLine(exchangeOf(call), 'prod', refusal))).toStrictEqual({
          type: 'CommandRefused',
          ...callFields(call),
          decision: { effect: 'deny', reason: 'no_grant', message },
          statusCode,
        });
      }),
    );
  });

  it('means what the object does: an end', () => {
    const transfer = fc.record(
      {
        direction: fc.constantFrom('upload', 'download'),
        path: hostile,
        bytes: fc.maxSafeNat(),
        sha256: fc.constantFrom('0'.repeat(64), 'ab'.repeat(32)),
      },
      { requiredKeys: ['direction', 'path', 'bytes'], noNullPrototype: true },
    );
    const archive = fc.record(
      {
        direction: fc.constantFrom('upload' as const, 'download' as const),
        files: fc.array(
          fc.record(
            {
              path: fc.string({ unit: 'binary', maxLength: 512 }),
              kind: fc.constantFrom('file' as const, 'link' as const, 'other' as const),
              bytes: fc.maxSafeNat(),
              sha256: fc.constantFrom('ab'.repeat(32)),
              received: fc.maxSafeNat(),
            },
            { requiredKeys: ['path', 'kind', 'bytes'], noNullPrototype: true },
          ),
          { maxLength: 8 },
        ),
        more: fc.integer({ min: 1 }),
        unreadFrom: fc.maxSafeNat(),
      },
      { requiredKeys: ['direction', 'files'], noNullPrototype: true },
    );
    const flow = fc.record(
      {
        port: fc.integer({ min: 1, max: 65_535 }),
        connections: fc.nat(),
        sent: fc.maxSafeNat(),
        received: fc.maxSafeNat(),
      },
      { noNullPrototype: true },
    );
    const outcomes: fc.Arbitrary<CallOutcome> = fc.record(
      {
        outcome: fc.constantFrom('completed', 'cut', 'client_gone', 'upstream_failed'),
        reason: hostile,
        rule: fc.constantFrom('deletion/node', 'a/b'),
        transfers: fc.array(transfer, { maxLength: 16 }),
        archive,
        flows: fc.array(flow, { minLength: 1, maxLength: 8 }),
        statusCode: fc.integer({ min: 0, max: 65_535 }),
        requestBytes: fc.maxSafeNat(),
        responseBytes: fc.maxSafeNat(),
      },
      {
        requiredKeys: ['outcome', 'statusCode', 'requestBytes', 'responseBytes'],
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(outcomes, fc.nat(), (outcome, durationMs) => {
        const receivedAt = new Date('2026-01-05T09:00:00.000Z');
        const at = new Date(receivedAt.getTime() + durationMs);
        const call = { commandId, connection: 'prod', grant, receivedAt, facts: { words } };
        const record = readBack(endedLine(call, outcome, at));
        expect(record).toStrictEqual({
          type: 'CommandEnded',
          commandId,
          connection: 'prod',
          grantId: grant.grantId,
          at: at.toISOString(),
          ...saidOf(outcome),
          durationMs,
        });
        expect(CommandRecord.parse(record)).toStrictEqual(record);
      }),
    );
  });

  it('is a record of the contracts when the call is one that can come', () => {
    const agent: Principal = { kind: 'agent', issuer: 'https://idp', subject: 's', groups: ['g'] };
    fc.assert(
      fc.property(calls, (call) => {
        const line = refusedLine(exchangeOf({ ...call, agent }), 'prod', {
          code: 'no_grant',
          message: call.message,
          statusCode: 403,
        });
        const record = readBack(line);
        expect(CommandRecord.parse(record)).toStrictEqual(record);
      }),
    );
  });
});

describe('a record of the largest call that there is', () => {
  const agent: Principal = {
    kind: 'agent',
    issuer: 'x'.repeat(2_048),
    subject: '\u0001'.repeat(256),
    // As many as a token of 16 kB can hold.
    groups: Array.from({ length: 60 }, () => '\u0001'.repeat(256)),
  };
  const long = '\u0001'.repeat(100_000);
  const kube = { ...parseKubeRequest('GET', '/api/v1/pods'), target: `/${long}?${long}` };
  const at = new Date('2026-01-05T09:00:00.000Z');
  const call: Call = {
    agent,
    kube,
    method: 'GET',
    message: long,
    userAgent: long,
    address: '',
    at,
  };

  it('fits into a message', () => {
    const refusal = { code: 'not_in_scope', message: long, statusCode: 403 };
    const line = refusedLine(exchangeOf(call), 'prod', refusal);
    expect(Buffer.byteLength(line)).toBeLessThan(262_144);
    expect(CommandRecord.parse(JSON.parse(line))).toMatchObject({ statusCode: 403 });
  });
});

describe('a refused call that was never understood', () => {
  const refused = (target: string) => {
    const { facts, ...exchange } = exchangeOf({
      agent: { kind: 'agent', issuer: 'i', subject: 's', groups: [] },
      kube: parseKubeRequest('GET', '/api/v1/pods'),
      method: 'GET',
      message: 'm',
      userAgent: '',
      address: '192.0.2.7',
      at: new Date('2026-01-05T09:00:00.000Z'),
    });
    expect(facts.kube).toBeDefined();
    const unknown = {
      ...exchange,
      request: { ...exchange.request, target },
      facts: { connection: 'prod', words },
    };
    const refusal = { code: 'malformed_kube_path', message: 'm', statusCode: 400 };
    return CommandRecord.parse(JSON.parse(refusedLine(unknown, 'prod', refusal)));
  };

  it('is recorded as it came, without the prefix of its connection', () => {
    expect(refused('/connections/prod//api?x=1?y')).toMatchObject({
      path: '//api',
      query: 'x=1?y',
      verb: '',
      resource: '',
    });
  });

  it('is recorded without a token that stands in its query', () => {
    const record = refused('/connections/prod/api?access_token=eyJhbGciOi.e30.x');
    expect(JSON.stringify(record)).not.toContain('eyJhbGciOi');
    expect(record).toMatchObject({ path: '/api', query: '' });
  });
});
