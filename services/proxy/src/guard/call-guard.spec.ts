import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { GuardrailDocument } from '@drawbridge/contracts';
import type { BodyFacts } from '@drawbridge/guardrails';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { RequestHeaders } from '../domain/request-headers.js';
import { CallGuard, type FindFacts } from './call-guard.js';
import { GuardrailsInForce, type GuardDocuments } from './guardrails-in-force.js';

type Rule = GuardrailDocument['spec']['rules'][number];

const rule = (more: Partial<Rule> & Pick<Rule, 'match' | 'action'>): Rule => ({
  name: 'rule',
  reason: 'No',
  ...more,
});

const documentsOf = (...rules: readonly Rule[]): GuardDocuments => ({
  connections: [
    { metadata: { name: 'prod', labels: {} }, spec: { environment: 'test' } },
  ] as unknown as GuardDocuments['connections'],
  guardrails: [
    {
      apiVersion: 'drawbridge.dev/v1alpha1',
      kind: 'Guardrail',
      metadata: { name: 'test', labels: {} },
      spec: { rules: [...rules] },
    },
  ],
});

function inForce(...rules: readonly Rule[]): GuardrailsInForce {
  const rails = new GuardrailsInForce();
  rails.replace(documentsOf(...rules));
  return rails;
}

interface Sent {
  readonly body?: string;
  readonly type?: string;
}

const grant = {
  grantId: 'g',
  policy: 'p',
  reason: 'r',
  approvers: [],
  startsAtMs: 0,
  endsAtMs: 1,
};

function call(method: string, target: string, { body, type = 'application/json' }: Sent = {}) {
  const stream = new PassThrough();
  if (body !== undefined) stream.end(body);
  const headers = new RequestHeaders(body === undefined ? [] : ['Content-Type', type]);
  const announced = body === undefined ? undefined : { length: body.length };
  return {
    kube: parseKubeRequest(method, target),
    request: { headers, announced, body: stream },
    answer: {},
    ends: [],
    agent: { kind: 'agent', issuer: 'i', subject: 's', groups: [] },
    grant,
    connection: 'prod',
  } as unknown as Negotiated;
}

function guardOf(rails: GuardrailsInForce, facts: BodyFacts = {}) {
  const findFacts = vi.fn<FindFacts>(() => Promise.resolve(facts));
  return {
    guard: new CallGuard({ inForce: rails, findFacts, clock: () => new Date(0) }),
    findFacts,
  };
}

const pods = '/api/v1/namespaces/payments/pods';
const deletion = rule({
  match: { verbs: ['delete'], apiGroups: [''], resources: ['pods'], dryRun: false },
  action: 'deny',
});

describe('CallGuard', () => {
  it('says at once that no rule is about a call, the same each time', () => {
    const { guard } = guardOf(inForce(deletion));
    const asked = call('GET', pods);
    const verdict = guard.ask(asked);
    expect(verdict).toMatchObject({ guard: { effect: 'allow' }, body: { kind: 'none' } });
    const again = guard.ask(asked);
    expect('guard' in again && 'guard' in verdict && again.guard === verdict.guard).toBe(true);
  });

  it('forgets that when the rules are others', () => {
    const rails = inForce(deletion);
    const { guard } = guardOf(rails);
    const asked = call('GET', pods);
    expect(guard.ask(asked)).toMatchObject({ guard: { effect: 'allow' } });
    const reading = rule({ match: { verbs: ['list'], apiGroups: [''] }, action: 'deny' });
    rails.replace(documentsOf(reading));
    expect(guard.ask(asked)).toMatchObject({ guard: { effect: 'deny' } });
  });

  it('keeps what was in force when documents cannot be used', () => {
    const rails = inForce(deletion);
    const broken = rule({ match: {}, when: 'nothing(', action: 'deny' });
    const { version } = rails.rails;
    expect(() => {
      rails.replace(documentsOf(broken));
    }).toThrow('guardrails cannot be used');
    expect(rails.rails.version).toBe(version);
    expect(rails.connection('prod')).toMatchObject({ environment: 'test' });
  });

  it('leaves a body alone that no rule looks at', () => {
    const { guard, findFacts } = guardOf(inForce(deletion));
    expect(guard.ask(call('POST', pods, { body: '{}' }))).toMatchObject({
      body: { kind: 'stream' },
    });
    expect(findFacts).not.toHaveBeenCalled();
  });

  it.each([
    { query: '?dryRun=All', body: undefined, effect: 'allow' },
    { query: '', body: '{"dryRun":["All"]}', effect: 'allow' },
    { query: '', body: '{"dryRun":["All","All"]}', effect: 'deny' },
    { query: '?dryRun=All', body: '{}', effect: 'deny' },
    { query: '', body: '{"dryRun":["All"],"dryRun":[]}', effect: 'deny' },
    { query: '?dryRun=All', body: '', effect: 'deny' },
    { query: '', body: '["dryRun"]', effect: 'deny' },
  ])('a delete "$query" with body $body is a dry-run or not: $effect', async (given) => {
    const { query, body, effect } = given;
    const { guard } = guardOf(inForce(deletion));
    const asked = call('DELETE', `${pods}/x${query}`, body === undefined ? {} : { body });
    expect((await guard.ask(asked)).guard.effect).toBe(effect);
  });

  it('does not believe a body that is not JSON for the cluster', async () => {
    const { guard } = guardOf(inForce(deletion));
    const sent = { body: '{"dryRun":["All"]}', type: 'application/vnd.kubernetes.protobuf' };
    expect((await guard.ask(call('DELETE', `${pods}/x`, sent))).guard.effect).toBe('deny');
  });

  it.each(['exec', 'attach', 'portforward', 'proxy'])(
    'knows no dry-run of %s',
    async (subresource) => {
      const match = { apiGroups: [''], resources: [`pods/${subresource}`], dryRun: false };
      const { guard } = guardOf(inForce(rule({ match, action: 'deny' })));
      const asked = call('POST', `${pods}/x/${subresource}?dryRun=All`);
      expect((await guard.ask(asked)).guard.effect).toBe('deny');
    },
  );

  it('judges the body that it keeps, and finds out no more than rules look at', async () => {
    const creation = rule({
      match: { verbs: ['create'], apiGroups: [''], resources: ['pods'] },
      when: 'object.metadata.name == "bad"',
      action: 'deny',
    });
    const { guard, findFacts } = guardOf(inForce(creation), {
      object: { metadata: { name: 'bad' } },
    });
    const verdict = await guard.ask(call('POST', pods, { body: '{"x":1}' }));
    expect(verdict.guard).toMatchObject({ effect: 'deny', decidedBy: { rule: 'test/rule' } });
    expect(verdict.body).toStrictEqual({ kind: 'held', bytes: Buffer.from('{"x":1}') });
    expect(findFacts.mock.calls[0]?.[2]).toStrictEqual(new Set(['object']));
  });

  it('takes what could not be found out against the call', async () => {
    const creation = rule({
      match: { verbs: ['create'], apiGroups: [''], resources: ['pods'] },
      when: 'object.metadata.name == "bad"',
      action: 'deny',
    });
    const { guard } = guardOf(inForce(creation));
    const verdict = await guard.ask(call('POST', pods, { body: '{"x":1}' }));
    expect(verdict.guard.decidedBy).toMatchObject({ doubt: 'facts_missing' });
  });

  it('keeps the body of what is to be held', async () => {
    const holding = rule({ match: { verbs: ['create'], apiGroups: [''] }, action: 'hold' });
    const { guard } = guardOf(inForce(holding));
    const verdict = await guard.ask(call('POST', pods, { body: '{"x":1}' }));
    expect(verdict).toMatchObject({ guard: { effect: 'hold' }, body: { kind: 'held' } });
  });

  it('refuses what belongs to no connection any more', () => {
    const rails = inForce(deletion);
    const { guard } = guardOf({ rails: rails.rails, connection: () => undefined } as never);
    expect(() => guard.ask(call('DELETE', `${pods}/x`))).toThrow('could not be judged');
  });
});
