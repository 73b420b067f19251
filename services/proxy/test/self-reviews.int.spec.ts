import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { eventually, nativeTool } from '@drawbridge/testing';
import { agentKubeconfig, kubectlWith, type Kubectl } from './agent-kubeconfig.js';
import {
  startGateway,
  statusOf,
  type Answer,
  type CallOptions,
  type Gateway,
} from './gateway-under-test.js';

const ACCESS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const RULES = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
let cluster: SandboxCluster;
let gateway: Gateway;
let kubectlPath: string;

beforeAll(async () => {
  kubectlPath = await nativeTool('kubectl');
  cluster = await startSandboxCluster({ namespaces: ['payments'], adminToken: 'admin' });
  const { address: server, certificateAuthority } = cluster;
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [{ name: 'prod', server, certificateAuthority, credential }],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'admin');
});
afterAll(async () => {
  await gateway.close();
  await cluster.close();
});

const restart: Rule = {
  verbs: ['get', 'list', 'watch', 'patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
  resourceNames: ['checkout'],
};
const all: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };

interface Agent {
  readonly kubectl: Kubectl;
  readonly grantId: string;
  post(target: string, body: string | Buffer, options?: CallOptions): Promise<Answer>;
}
async function agentWith(subject: string, ...rules: Rule[]): Promise<Agent> {
  let grantId = '';
  const token = gateway.issuer.token({ sub: subject, groups: ['oncall-agents'] });
  const call = (target: string, options: CallOptions = {}) =>
    gateway.call(`/connections/prod${target}`, { token, ...options });
  if (rules.length > 0) {
    ({ grantId } = await gateway.grant({ rules, subject, connection: 'prod' }));
    await eventually(async () => expect((await call('/version')).status).toBe(200));
  }
  const kubeconfig = await agentKubeconfig(gateway, { subject, connection: 'prod' });
  return {
    kubectl: kubectlWith(kubectlPath, kubeconfig),
    grantId,
    post: (target, body, { headers, ...options } = {}) =>
      call(target, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        ...options,
      }),
  };
}

const ask = (spec: unknown) => JSON.stringify({ spec });
const may = (verb: string, resource: string, more: object = {}) =>
  ask({ resourceAttributes: { verb, resource, namespace: 'payments', ...more } });
const statusIn = ({ body }: Answer) =>
  (JSON.parse(body) as { status: { allowed: boolean; reason: string } }).status;

describe('kubectl auth', () => {
  it('can-i says what the grant allows, and why not', async () => {
    const { kubectl, grantId } = await agentWith('agent-asking', restart);
    const yes = await kubectl('auth can-i patch deployments.apps/checkout');
    expect(yes).toMatchObject({ code: 0 });
    expect(yes.out).toMatch(new RegExp(`^yes(?: - allowed by grant ${grantId})?\n$`));
    const listed = await kubectl('auth can-i list deployments.apps');
    expect(listed.out).toMatch(/^yes(?: - .* which shows only checkout)?\n$/);
    const no = await kubectl('auth can-i delete deployments.apps/checkout');
    expect(no.code).toBe(1);
    expect(no.out).toMatch(/^no - not_in_scope: .* To ask for it: drawbridge request /);
    expect((await kubectl('auth can-i get /version')).out).toMatch(/^yes/);
    expect((await kubectl('auth can-i get /metrics')).out).toMatch(/^no - path_not_allowed/);
    expect((await kubectl('auth can-i get deployments.apps/checkout -n default -q')).code).toBe(1);
  });

  it('can-i --list shows the rules of the grant in the namespace', async () => {
    const { kubectl } = await agentWith('agent-listing', restart);
    const { code, out, err } = await kubectl('auth can-i --list');
    expect(code, err).toBe(0);
    expect(out).toMatch(/deployments\.apps +\[\] +\[checkout\] +\[get list watch patch\]/);
    expect(out).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io .*\[create\]/);
    expect(out).toMatch(/\[\/version\] +\[\] +\[get\]/);
    expect((await kubectl('auth can-i --list -n default')).out).not.toContain('deployments');
  });

  it('whoami says who the agent is to the gateway', async () => {
    const { kubectl, grantId } = await agentWith('agent-who', restart);
    const { code, out, err } = await kubectl('auth whoami');
    expect(code, err).toBe(0);
    expect(out).toContain(`${gateway.issuer.issuer}#agent-who`);
    expect(out).toContain(grantId);
  });

  it('tells an agent without a grant no and why, and who it is', async () => {
    const { kubectl } = await agentWith('agent-without');
    const no = await kubectl('auth can-i get deployments.apps/checkout');
    expect(no.out).toMatch(/no - no_grant: you have no open grant on connection prod/);
    expect(no.code).toBe(1);
    const { err } = await kubectl('auth can-i --list');
    expect(err).toContain('the list may be incomplete: no_grant');
    expect((await kubectl('auth whoami')).out).toContain('#agent-without');
  });
});

describe('a review', () => {
  let agent: Agent;
  let wide: Agent;
  beforeAll(async () => {
    agent = await agentWith('agent-reviews', restart);
    wide = await agentWith('agent-wide', all);
  });

  it.each(['v1', 'v1beta1'])('of access is answered in version %s', async (version) => {
    const target = ACCESS.replace('v1', version);
    const attributes = { group: 'apps', name: 'checkout' };
    const answer = await agent.post(target, may('get', 'deployments', attributes));
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.body)).toStrictEqual({
      kind: 'SelfSubjectAccessReview',
      apiVersion: `authorization.k8s.io/${version}`,
      metadata: {},
      spec: {
        resourceAttributes: {
          group: 'apps',
          verb: 'get',
          resource: 'deployments',
          namespace: 'payments',
          name: 'checkout',
        },
      },
      status: {
        allowed: true,
        reason: `allowed by grant ${agent.grantId}`,
      },
    });
  });

  it.each(['v1', 'v1beta1', 'v1alpha1'])('of oneself in version %s', async (version) => {
    const { status, body } = await agent.post(WHO.replace('v1', version), '{}');
    expect(status).toBe(201);
    expect(JSON.parse(body)).toMatchObject({
      kind: 'SelfSubjectReview',
      apiVersion: `authentication.k8s.io/${version}`,
      status: {
        userInfo: {
          username: `${gateway.issuer.issuer}#agent-reviews`,
          groups: ['oncall-agents'],
          extra: { 'drawbridge.dev/connection': ['prod'], 'drawbridge.dev/grant': [agent.grantId] },
        },
      },
    });
  });

  it.each([
    [may('get', 'pods'), true],
    [may('*', 'pods'), true],
    [may('get', 'secrets'), true],
    [may('*', 'secrets'), true],
    [may('*', '*', { group: '*' }), true],
    [may('get', '*'), true],
    [may('impersonate', 'users'), false],
    [may('escalate', 'roles', { group: 'rbac.authorization.k8s.io' }), false],
    [may('create', 'serviceaccounts', { subresource: 'token' }), false],
    [may('get', 'pods', { subresource: 'proxy' }), false],
    [may('create', 'pods', { subresource: '*' }), false],
    [may('get', 'selfsubjectaccessreviews', { group: 'authorization.k8s.io' }), false],
    [may('create', 'selfsubjectaccessreviews', { group: 'authorization.k8s.io' }), true],
    [ask({ nonResourceAttributes: { verb: 'get', path: '/healthz' } }), true],
    [ask({ nonResourceAttributes: { verb: 'get', path: '/*' } }), false],
    [ask({ nonResourceAttributes: { verb: '*', path: '/healthz' } }), false],
  ])('under a grant for everything of %s is %s', async (body, allowed) => {
    expect(statusIn(await wide.post(ACCESS, body)).allowed).toBe(allowed);
  });

  it('of rules says that a list of everything is not exact', async () => {
    const { body } = await wide.post(RULES, ask({ namespace: 'payments' }));
    expect(JSON.parse(body)).toMatchObject({
      status: { incomplete: true, evaluationError: expect.stringContaining('tokens') as string },
    });
  });

  const unknown = (raw: Uint8Array, kind = 'SelfSubjectAccessReview') =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      new BinaryWriter()
        .uint32((1 << 3) | 2)
        .bytes(
          new BinaryWriter()
            .uint32((1 << 3) | 2)
            .string('authorization.k8s.io/v1')
            .uint32((2 << 3) | 2)
            .string(kind)
            .finish(),
        )
        .uint32((2 << 3) | 2)
        .bytes(raw)
        .finish(),
    ]);
  const message = (...fields: [number, string | Uint8Array][]) => {
    const writer = new BinaryWriter();
    for (const [field, value] of fields) {
      writer.uint32((field << 3) | 2);
      if (typeof value === 'string') writer.string(value);
      else writer.bytes(value);
    }
    return writer.finish();
  };
  const protobuf = { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } };

  it('in protobuf is read as in JSON', async () => {
    const attributes = message(
      [1, 'payments'],
      [2, 'get'],
      [3, 'apps'],
      [5, 'deployments'],
      [7, 'checkout'],
    );
    const body = unknown(message([1, message([1, ''])], [2, message([1, attributes])]));
    const answer = await agent.post(ACCESS, body, protobuf);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(statusIn(answer).allowed).toBe(true);
    const path = unknown(message([2, message([2, message([1, '/metrics'], [2, 'get'])])]));
    expect(statusIn(await agent.post(ACCESS, path, protobuf)).reason).toContain('path_not_allowed');
  });

  it.each([
    ['no magic', Buffer.from('abc')],
    ['nothing behind it', Buffer.from('k8s\0')],
    ['cut off', unknown(message([2, message([1, message([2, 'get'])])])).subarray(0, -3)],
    ['a length beyond its end', Buffer.from('k8s\0\x12\xff\xff\xff\xff\x0f', 'latin1')],
    ['a field without number', Buffer.from('k8s\0\x02\x00', 'latin1')],
    ['groups without end', Buffer.from(`k8s\0${'\x0b'.repeat(20_000)}`, 'latin1')],
    ['another kind', unknown(new Uint8Array(), 'Secret')],
    ['no UTF-8', unknown(message([2, message([1, message([2, Buffer.from([0xff])])])]))],
  ])('T24 in broken protobuf is refused: %s', async (_, body) => {
    const answer = await agent.post(ACCESS, body, protobuf);
    expect(statusOf(answer)).toMatchObject({ code: 400, cause: 'review_malformed' });
  });

  it.each([
    ['', 400, 'review_malformed'],
    ['{', 400, 'review_malformed'],
    ['null', 400, 'review_malformed'],
    ['[]', 400, 'review_malformed'],
    ['{}', 400, 'review_malformed'],
    ['{"spec":{"resourceAttributes":{},"nonResourceAttributes":{}}}', 400, 'review_malformed'],
    ['{"spec":{"resourceAttributes":{"verb":5}}}', 400, 'review_malformed'],
    ['{"spec":{"resourceAttributes":{"verb":"a\\u001b[31m"}}}', 400, 'review_malformed'],
    [may('get', 'x'.repeat(2_000)), 400, 'review_malformed'],
    ['{"kind":"Secret","spec":{}}', 400, 'review_malformed'],
    [`{"spec":${'['.repeat(30_000)}`, 400, 'review_malformed'],
    [`{"spec":{}}${' '.repeat(70_000)}`, 413, 'body_too_large'],
  ])('T24 that is malformed is refused: %.40s', async (body, code, cause) => {
    expect(statusOf(await agent.post(ACCESS, body))).toMatchObject({ code, cause });
  });

  it.each([
    ['content-type', 'application/yaml', 415, 'review_type_unsupported'],
    ['content-type', 'application/cbor', 415, 'review_type_unsupported'],
    ['accept', 'application/vnd.kubernetes.protobuf', 406, 'not_acceptable'],
  ])('with %s: %s is refused', async (name, value, ...[code, cause]) => {
    const answer = await agent.post(ACCESS, may('get', 'pods'), { headers: { [name]: value } });
    expect(statusOf(answer)).toMatchObject({ code, cause });
  });

  it.each([
    ['POST', ACCESS.replace('v1', 'v2'), 404, 'path_unknown'],
    ['POST', `${ACCESS}/x`, 405, 'verb_unknown'],
    ['POST', ACCESS.replace('/v1/', '/v1/namespaces/payments/'), 404, 'path_unknown'],
    ['PUT', `${ACCESS}/x`, 405, 'verb_unknown'],
    ['DELETE', RULES, 405, 'verb_unknown'],
  ])('never goes to the cluster: %s %s', async (method, target, ...[code, cause]) => {
    expect(statusOf(await wide.post(target, '', { method }))).toMatchObject({ code, cause });
  });

  it('is recorded, with the question and the answer', async () => {
    await agent.post(ACCESS, may('delete', 'pods', { name: 'recorded-review' }));
    const without = await agentWith('agent-without-recorded');
    await without.post(ACCESS, may('get', 'pods', { name: 'recorded-refusal' }));
    await eventually(async () => {
      const records = await gateway.records();
      const started = records.find(
        (record) =>
          record.type === 'CommandStarted' && /recorded-review/.test(record.decision.message),
      );
      expect(started).toMatchObject({
        resource: 'selfsubjectaccessreviews',
        grantId: agent.grantId,
        decision: {
          effect: 'allow',
          reason: 'self_review',
          message: expect.stringContaining('no, not_in_scope') as string,
        },
      });
      const ended = records.find(
        (record) => record.type === 'CommandEnded' && record.commandId === started?.commandId,
      );
      expect(ended).toMatchObject({ outcome: 'completed', statusCode: 201 });
      const refused = records.find(
        (record) =>
          record.type === 'CommandRefused' && /recorded-refusal/.test(record.decision.message),
      );
      expect(refused).toMatchObject({ statusCode: 201, decision: { reason: 'no_grant' } });
    });
  });
});
