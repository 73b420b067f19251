import {
  GuardrailDocument,
  type AuditCommand,
  type GuardrailAction,
  type GuardrailRule,
  type Principal,
} from '@drawbridge/contracts';
import { compileGuardrails, type GuardedCall } from '@drawbridge/guardrails';
import { describe, expect, it } from 'vitest';
import { metThen } from './met-then.js';
import { outcomeOf } from './outcome.js';
import { policySide, type PolicySide } from './policy-side.js';
import { recordedCall } from './recorded-call.js';
import { isSame, saidBy } from './said-of-call.js';

const agent: Principal = { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] };

const command = (change: Partial<AuditCommand> = {}): AuditCommand & { agent: Principal } => ({
  ...{ id: '019c0000-0000-7000-8000-000000000001', receivedAt: '2026-01-05T09:00:00.000Z' },
  ...{ connection: 'prod', method: 'PATCH', verb: 'patch', path: '/x', query: '' },
  ...{ apiGroup: 'apps', apiVersion: 'v1', resource: 'deployments', subresource: '' },
  ...{ namespace: 'payments', name: 'checkout', clientAddress: '', userAgent: '' },
  decision: { effect: 'allow', reason: 'grant_allows', message: '' },
  ...{ outcome: 'completed', requestBytes: 10, responseBytes: 0, durationMs: 1, sequences: [1] },
  ...change,
  agent,
});

type Rule = Partial<GuardrailRule> & { readonly action: GuardrailAction };

/** A rule must be about something. */
const about = (rule: Rule): Rule =>
  rule.when === undefined && rule.match === undefined ? { ...rule, match: { verbs: ['*'] } } : rule;

/** A policy of these rules, named by their place in `pool` or by their number. */
function side(rules: readonly Rule[], nameOf = (rule: Rule) => rules.indexOf(rule)): PolicySide {
  if (rules.length === 0) return { ...side([{ action: 'allow' }]), rules: new Map() };
  const document = GuardrailDocument.parse({
    ...{ apiVersion: 'drawbridge.dev/v1alpha1', kind: 'Guardrail', metadata: { name: 'g' } },
    spec: {
      rules: rules.map((rule) => ({ name: `r${nameOf(rule)}`, reason: 'why', ...about(rule) })),
    },
  });
  const documents = [Object.assign(document, { source: { file: '', line: 1, column: 1 } })];
  return policySide({ guardrails: compileGuardrails([document]), documents, connections: [] });
}

const surroundings = { grant: undefined, connections: [] };
const said = (rules: readonly Rule[], change?: Partial<AuditCommand>) =>
  saidBy(side(rules), recordedCall(command(change), surroundings), new Map());

const byBody: Rule = { action: 'deny', when: 'object.spec.replicas == 0' };

describe('what a policy says of a recorded call', () => {
  it.each<[string, Rule[], Partial<AuditCommand>, object]>([
    ['no rule', [], {}, { atLeast: 'allow', isTold: true }],
    ['a rule by attributes', [{ action: 'hold' }], {}, { atLeast: 'hold', rule: 'g/r0' }],
    [
      'several',
      [{ action: 'warn' }, { action: 'mask' }],
      {},
      { atLeast: 'mask+warn', rule: 'g/r1', isTold: true },
    ],
    ['a rule that needs the body', [byBody], {}, { atLeast: 'allow', isTold: false }],
    [
      'a rule that needs the body, and one that is as severe without',
      [byBody, { action: 'deny' }],
      {},
      { atLeast: 'deny', isTold: true, rule: 'g/r1' },
    ],
    [
      'an exception that needs the body',
      [{ action: 'hold', except: [{ when: 'object.spec.paused' }] }],
      {},
      { atLeast: 'allow', isTold: false },
    ],
    ['a body where there is none', [byBody], { verb: 'get', method: 'GET' }, { isTold: true }],
    [
      'claims',
      [{ action: 'deny', match: { agents: { claims: { '/team': ['a'] } } } }],
      {},
      { isTold: false },
    ],
    [
      'the type of a body that an old record does not tell',
      [{ action: 'deny', match: { contentTypes: ['*json*'] } }],
      {},
      { isTold: false },
    ],
    [
      'the type of a body that is recorded',
      [{ action: 'deny', match: { contentTypes: ['*json*'] } }],
      { contentType: 'application/json-patch+json' },
      { isTold: true, atLeast: 'deny' },
    ],
    [
      'a delete whose options are not recorded',
      [{ action: 'deny', match: { dryRun: false } }],
      { verb: 'delete', method: 'DELETE' },
      { isTold: false },
    ],
    [
      'a delete whose options nobody had to read',
      [{ action: 'deny', match: { dryRun: false } }],
      { verb: 'delete', method: 'DELETE', policyVersion: 'v', contentType: 'application/json' },
      { isTold: false },
    ],
    [
      'a delete without a body',
      [{ action: 'deny', match: { dryRun: false } }],
      { verb: 'delete', method: 'DELETE', requestBytes: 0, query: 'dryRun=All' },
      { isTold: true, atLeast: 'allow' },
    ],
    [
      'a delete whose options are recorded',
      [{ action: 'deny', match: { dryRun: false } }],
      { verb: 'delete', method: 'DELETE', dryRun: true },
      { isTold: true, atLeast: 'allow' },
    ],
    [
      'a query that was cut',
      [{ action: 'deny', match: { exec: { programs: ['rm'] } } }],
      { verb: 'create', subresource: 'exec', query: `command=ls&x=${'a'.repeat(2048)}` },
      { isTold: false },
    ],
    [
      'a query of which something was masked',
      [{ action: 'deny', match: { exec: { programs: ['rm'] } } }],
      { verb: 'create', subresource: 'exec', query: 'command=drawbridge%3Amasked%3Atoken:k:m' },
      { isTold: false },
    ],
    [
      'words that an exec runs',
      [{ action: 'deny', match: { exec: { programs: ['rm'] } } }],
      { verb: 'create', subresource: 'exec', query: 'command=sh&command=-c&command=rm+-rf+%2F' },
      { isTold: true, atLeast: 'deny' },
    ],
    [
      'a name that was masked',
      [{ action: 'deny', match: { namespaces: ['kube-system'] } }],
      { name: 'drawbridge:masked:token:k:m' },
      { isTold: false },
    ],
    [
      'a connection that is not configured any more',
      [{ action: 'deny', match: { connections: { environments: ['production'] } } }],
      {},
      { isTold: false },
    ],
    [
      'a grant that is not in the record',
      [{ action: 'deny', match: { grants: { ticket: false } } }],
      {},
      { isTold: false },
    ],
  ])('%s', (_, rules, ...[change, expected]) => {
    expect(said(rules, change)).toMatchObject(expected);
  });

  it('names what is missing, and who would have looked at it', () => {
    const { missing, unsure } = said([byBody, { action: 'hold', when: 'grant.ticket == ""' }]);
    expect([...missing].sort()).toEqual(['body', 'grant']);
    expect([...unsure.keys()].sort()).toEqual(['g/r0', 'g/r1']);
  });
});

describe('the same rule on both sides', () => {
  it('says the same, whatever is missing', () => {
    expect(isSame(said([byBody]), said([byBody]))).toBe(true);
    expect(isSame(said([byBody]), said([{ ...byBody, action: 'hold' }]))).toBeUndefined();
    expect(isSame(said([byBody]), said([{ action: 'deny' }]))).toBeUndefined();
    expect(isSame(said([]), said([{ action: 'deny' }]))).toBe(false);
  });
});

describe('what the record tells of conditions', () => {
  const inForce = side([byBody, { action: 'warn' }]);
  const { version } = inForce.guardrails;
  const warned = [{ rule: 'g/r1', action: 'warn' as const }];
  const denied = [{ rule: 'g/r0', action: 'deny' as const }, ...warned];
  const held = side([{ ...byBody, action: 'hold' }]);
  const after = (change: Partial<AuditCommand>, policy = held) => {
    const record = command({ policyVersion: version, ...change });
    return saidBy(policy, recordedCall(record, surroundings), metThen(record, [inForce]));
  };

  it('is what a rule of another action would have come to', () => {
    expect(after({ matched: denied })).toMatchObject({ isTold: true, atLeast: 'hold' });
    expect(after({ matched: warned })).toMatchObject({ isTold: true, atLeast: 'allow' });
    expect(after({})).toMatchObject({ isTold: true, atLeast: 'allow' });
  });

  it('is nothing under guardrails that are not known, or of another condition', () => {
    expect(after({ policyVersion: 'other', matched: denied })).toMatchObject({ isTold: false });
    const other = side([{ action: 'hold', when: 'object.spec.replicas == 1' }]);
    expect(after({ matched: denied }, other)).toMatchObject({ isTold: false });
  });

  it('is nothing of what was not asked any more, of what was too costly, and of what allows', () => {
    const byOther = [{ rule: 'g/r1', action: 'deny' as const }];
    expect(after({ matched: byOther })).toMatchObject({ isTold: false });
    const costly = [{ ...denied[0]!, doubt: 'expression_too_costly' }];
    expect(after({ matched: costly })).toMatchObject({ isTold: false });
    const full = Array.from({ length: 64 }, () => warned[0]!);
    expect(after({ matched: full })).toMatchObject({ isTold: false });
    const allows = side([{ ...byBody, action: 'allow' }]);
    const record = command({ policyVersion: allows.guardrails.version });
    expect(metThen(record, [allows]).size).toBe(0);
  });
});

describe('over all policies of a pool of rules, and all that may have been missing', () => {
  const pool: readonly Rule[] = [
    { action: 'deny', match: { agents: { claims: { '/team': ['red'] } } } },
    { action: 'hold', when: 'object.spec.replicas == 0' },
    { action: 'deny', when: 'oldObject.spec.replicas == 0', match: { contentTypes: ['a/json'] } },
    { action: 'warn', match: { grants: { ticket: false } } },
    { action: 'mask', except: [{ when: 'object.spec.replicas == 1' }] },
    { action: 'deny', match: { dryRun: false, verbs: ['delete'] } },
    { action: 'deny', match: { namespaces: ['payments'], verbs: ['patch'] } },
    { action: 'hold', match: { namespaces: ['payments'] }, except: [{ match: { dryRun: true } }] },
  ];
  const policies = Array.from({ length: 2 ** pool.length }, (_, bits) =>
    side(
      pool.filter((__, index) => (bits >> index) % 2 === 1),
      (rule) => pool.indexOf(rule),
    ),
  );
  const recorded = [command(), command({ verb: 'delete', method: 'DELETE' })].map((one) =>
    recordedCall(one, surroundings),
  );
  const bits = [false, true];
  /** Everything that may have been, of which the record tells nothing. */
  const truths = bits.flatMap((isRed) =>
    bits.flatMap((isJson) =>
      bits.flatMap((hasTicket) =>
        bits.flatMap((dryRun) =>
          [0, 1, 2].flatMap((now) =>
            [0, 1].map((then) => ({ isRed, isJson, hasTicket, dryRun, now, then })),
          ),
        ),
      ),
    ),
  );
  type Truth = (typeof truths)[number];
  const whole = (call: GuardedCall, truth: Truth): GuardedCall => ({
    ...call,
    request:
      call.request.kind === 'resource' && call.request.verb === 'delete'
        ? { ...call.request, dryRun: truth.dryRun }
        : call.request,
    contentType: truth.isJson ? 'a/json' : 'a/yaml',
    agent: { ...call.agent, claims: { team: truth.isRed ? 'red' : 'blue' } },
    grant: { ...call.grant, ticket: truth.hasTicket ? 'T-1' : undefined },
  });
  function really(policy: PolicySide, call: GuardedCall, truth: Truth): string {
    return outcomeOf(decided(policy, call, truth).decision.map(({ action }) => action));
  }
  function decided({ guardrails }: PolicySide, call: GuardedCall, truth: Truth) {
    const judgement = guardrails.judge(whole(call, truth));
    const replicas = (count: number) => ({ spec: { replicas: count } });
    const { matched } =
      judgement.kind === 'decided'
        ? judgement.decision
        : judgement.decide({ object: replicas(truth.now), oldObject: replicas(truth.then) });
    return { version: guardrails.version, decision: matched };
  }
  const cases = recorded.flatMap((one) =>
    policies.map((policy) => ({
      said: saidBy(policy, one, new Map()),
      really: truths.map((truth) => really(policy, one.call, truth)),
      call: one.call,
    })),
  );

  it('what is told is so', () => {
    const wrong = cases.filter(
      (one) => one.said.isTold && one.really.some((outcome) => outcome !== one.said.atLeast),
    );
    expect(wrong).toEqual([]);
    expect(cases.filter((one) => one.said.isTold).length).toBeGreaterThan(100);
  });

  it('what the record of another policy tells is so', () => {
    /** The same conditions, of other actions. */
    const others = policies.filter((_, index) => index % 17 === 3);
    const changed = others.map(({ rules }) =>
      side(
        pool
          .filter((_, index) => rules.has(`g/r${index}`))
          .map((rule) => ({ ...rule, action: rule.action === 'deny' ? 'hold' : 'deny' })),
        (rule) => pool.findIndex(({ match, when }) => rule.match === match && rule.when === when),
      ),
    );
    const worlds = recorded.flatMap((one) =>
      truths
        .filter((_, at) => at % 19 === 0)
        .flatMap((truth) => others.map((inForce) => ({ one, truth, inForce }))),
    );
    let [more, wrong] = [0, 0];
    for (const { one, truth, inForce } of worlds) {
      const { version, decision } = decided(inForce, one.call, truth);
      const record = command({ policyVersion: version, matched: [...decision] });
      const met = metThen(record, [inForce]);
      for (const policy of [...others, ...changed]) {
        const known = saidBy(policy, one, met);
        if (known.isTold && !saidBy(policy, one, new Map()).isTold) more += 1;
        if (known.isTold && known.atLeast !== really(policy, one.call, truth)) wrong += 1;
      }
    }
    expect(wrong).toBe(0);
    expect(more).toBeGreaterThan(1_000);
  });

  it('what is said to be the same is, and what is said to be changed is', () => {
    let [same, changed] = [0, 0];
    for (const one of cases) {
      for (const other of cases) {
        if (one.call !== other.call) continue;
        const verdict = isSame(one.said, other.said);
        if (verdict === undefined) continue;
        const agrees = one.really.map((outcome, index) => outcome === other.really[index]);
        if (agrees.some((agree) => agree !== verdict)) {
          expect.fail(JSON.stringify([verdict, [...one.said.unsure], [...other.said.unsure]]));
        }
        if (verdict) same += 1;
        else changed += 1;
      }
    }
    expect(same).toBeGreaterThan(cases.length);
    expect(changed).toBeGreaterThan(100);
  });
});
