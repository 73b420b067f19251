import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusOf } from '../gateway-under-test.js';
import { startGuardedGateway, type GuardedGateway } from './guarded-gateway.js';

let guarded: GuardedGateway;
beforeAll(async () => {
  guarded = await startGuardedGateway();
});
afterAll(() => guarded.close());

const pods = '/api/v1/namespaces/payments/pods';
const deployments = '/apis/apps/v1/namespaces/payments/deployments';
const podOf = (name: string, securityContext: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'payments' },
  spec: { containers: [{ name: 'app', image: 'app:1', securityContext }] },
});
const deploymentOf = (name: string, securityContext: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'payments' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podOf(name, securityContext).spec },
  },
});
const json = (value: unknown) => ({ text: JSON.stringify(value) });
const denied = async (rule: string, answer: ReturnType<GuardedGateway['call']>) => {
  const came = await answer;
  expect(`${came.status} ${came.body}`).toContain(`guardrail ${rule} denies this`);
  expect(came.headers['drawbridge-refusal']).toBe('guardrail_denied');
  return came;
};

describe('the shipped guardrails', () => {
  it('deny with rule, reason and suggestion, which kubectl prints', async () => {
    const { code, err } = await guarded.kubectl('delete node node-1');
    expect(code).toBe(1);
    expect(err).toContain(
      'drawbridge guardrail_denied: guardrail deletion/node denies this: Deleting a node forgets it while its pods may go on running. Instead: Let the node group or the cluster autoscaler replace the node.',
    );
  });

  it('are named in the record, with their version, of calls that pass and that do not', async () => {
    await guarded.call('DELETE', '/api/v1/nodes/named-in-record');
    const refused = await guarded.recordOf('/nodes/named-in-record');
    expect(refused).toMatchObject({
      type: 'CommandRefused',
      decision: { reason: 'guardrail_denied' },
      rule: 'deletion/node',
      matched: expect.arrayContaining([{ rule: 'deletion/node', action: 'deny' }]) as unknown,
    });
    await guarded.call('GET', `${pods}/named-in-record`);
    const started = await guarded.recordOf('/pods/named-in-record');
    expect(started).toMatchObject({ type: 'CommandStarted', policyVersion: refused.policyVersion });
    expect(started).not.toHaveProperty('rule');
  });

  it('let through what no rule is about, and what a rule about bodies has looked at', async () => {
    const created = await guarded.call('POST', deployments, json(deploymentOf('plain')));
    expect(created.status).toBe(201);
    const patch = {
      type: 'application/merge-patch+json',
      text: '{"metadata":{"labels":{"a":"b"}}}',
    };
    const patched = await guarded.call('PATCH', `${deployments}/plain`, patch);
    expect(patched.status).toBe(200);
    expect(JSON.parse(patched.body)).toMatchObject({ metadata: { labels: { a: 'b' } } });
    expect(await guarded.recordOf(`${deployments}/plain`)).toMatchObject({
      contentType: 'application/merge-patch+json',
    });
  });

  it('work for kubectl apply, scale and a rollout', async () => {
    const manifest = JSON.stringify(deploymentOf('applied'));
    expect(await guarded.kubectl('apply -f -', manifest)).toMatchObject({ code: 0 });
    expect(
      await guarded.kubectl('apply --server-side --force-conflicts -f -', manifest),
    ).toMatchObject({ code: 0 });
    expect(await guarded.kubectl('scale deployment/applied --replicas=2')).toMatchObject({
      code: 0,
    });
    expect(await guarded.kubectl('rollout restart deployment/applied')).toMatchObject({ code: 0 });
  });
});

/** The control plane of the tests takes no `privileged: true`; this is what it comes down to. */
const privileged = { capabilities: { add: ['SYS_ADMIN'] } };

describe('a privileged pod', () => {
  const wanted = json(podOf('privileged', privileged)).text;
  const plain = json(podOf('privileged')).text;
  const yaml = `apiVersion: v1
kind: Pod
metadata: { name: privileged, namespace: payments }
spec: { containers: [{ name: app, image: 'app:1', securityContext: { capabilities: { add: [SYS_ADMIN] } } }] }
`;

  it.each([
    ['as JSON', 'application/json', wanted],
    ['as JSON of no type', '', wanted],
    ['as JSON with a charset', 'application/json; charset=utf-8', wanted],
    ['as YAML', 'application/yaml', yaml],
    [
      'with a name that the cluster makes',
      'application/json',
      wanted.replace('"name":"privileged"', '"generateName":"p-"'),
    ],
    [
      'with a second spec, of which readers take one or both',
      'application/json',
      `${plain.slice(0, -1)},"spec":${JSON.stringify(podOf('x', privileged).spec)}}`,
    ],
    [
      'with a first spec, of which Go keeps what the second does not have',
      'application/json',
      wanted.replace('"spec":', `"spec":${JSON.stringify(podOf('x', privileged).spec)},"spec":`),
    ],
  ])('is not created %s', async (_, type, text) => {
    await denied('workloads/privileged', guarded.call('POST', pods, { type, text }));
  });

  it.each([
    [
      'a merge patch',
      'application/merge-patch+json',
      json({ spec: { template: { spec: podOf('x', privileged).spec } } }).text,
    ],
    [
      'a strategic merge patch',
      'application/strategic-merge-patch+json',
      json({ spec: { template: { spec: podOf('x', privileged).spec } } }).text,
    ],
    [
      'a JSON patch',
      'application/json-patch+json',
      json([
        { op: 'add', path: '/spec/template/spec/containers/0/securityContext', value: privileged },
      ]).text,
    ],
    [
      'a JSON patch in steps',
      'application/json-patch+json',
      json([
        { op: 'add', path: '/metadata/annotations', value: { x: 'y' } },
        { op: 'add', path: '/spec/template/spec/containers/0/securityContext', value: {} },
        {
          op: 'add',
          path: '/spec/template/spec/containers/0/securityContext/capabilities',
          value: privileged.capabilities,
        },
      ]).text,
    ],
    [
      'server-side apply',
      'application/apply-patch+yaml',
      json(deploymentOf('patched', privileged)).text,
    ],
  ])('does not come of %s', async (_, type, text) => {
    await guarded.call('POST', deployments, json(deploymentOf('patched')));
    const path = `${deployments}/patched?fieldManager=test&force=true`;
    const patch = type.includes('apply') ? path : path.replace('&force=true', '');
    await denied('workloads/privileged', guarded.call('PATCH', patch, { type, text }));
  });

  it('does not come of YAML that readers of its versions take differently', async () => {
    const text = `{apiVersion: v1, kind: Pod, metadata: {name: host}, spec: {hostNetwork: yes, containers: [{name: a, image: a}]}}`;
    const body = { type: 'application/yaml', text };
    await denied('workloads/host-access', guarded.call('POST', pods, body));
  });

  it('does not come of server-side apply to what is not there yet', async () => {
    const path = `${pods}/applied-new?fieldManager=test`;
    const body = {
      type: 'application/apply-patch+yaml',
      text: json(podOf('applied-new', privileged)).text,
    };
    await denied('workloads/privileged', guarded.call('PATCH', path, body));
  });

  it('does not come of an update, nor of an ephemeral container', async () => {
    await guarded.call('POST', deployments, json(deploymentOf('updated')));
    const body = json(deploymentOf('updated', privileged));
    await denied('workloads/privileged', guarded.call('PUT', `${deployments}/updated`, body));
    await guarded.call('POST', pods, json(podOf('debugged')));
    const debug = {
      spec: { ephemeralContainers: [{ name: 'd', image: 'd:1', securityContext: privileged }] },
    };
    const patch = { type: 'application/strategic-merge-patch+json', text: JSON.stringify(debug) };
    await denied(
      'workloads/privileged',
      guarded.call('PATCH', `${pods}/debugged/ephemeralcontainers`, patch),
    );
  });
});

describe('what would slip past a rule on words', () => {
  it.each([
    ['DELETE', '/api/v1/nodes/payments'],
    ['DELETE', '/api/v1/nodes/payments/'],
    ['DELETE', '/api/v1/%6eodes/payments'],
    ['DELETE', '/api/v1/nodes/payments?dryRun=All', { text: '{}' }],
    [
      'DELETE',
      '/api/v1/nodes/payments?dryRun=All',
      { text: '{"kind":"DeleteOptions","apiVersion":"v1","dryRun":[]}' },
    ],
    ['DELETE', '/api/v1/nodes/payments', { text: '{"dryRun":["All"],"dryRun":[]}' }],
    [
      'DELETE',
      '/api/v1/nodes/payments',
      { type: 'application/yaml', text: 'dryRun: []\n"dryRun": ["All"]\n' },
    ],
  ])(
    '%s %s is the deletion of a node',
    async (method, path, body?: { type?: string; text: string }) => {
      await denied('deletion/node', guarded.call(method, path, body));
    },
  );

  it('a collection is not deleted, whatever selects it', async () => {
    await denied('deletion/collection', guarded.call('DELETE', pods));
    await denied(
      'deletion/collection',
      guarded.call('DELETE', `${pods}?fieldSelector=metadata.name=x`),
    );
  });

  it.each([
    '/api/v1/Namespaces/payments',
    '/API/v1/namespaces/payments',
    '/api/V1/namespaces/payments',
  ])('%s is nothing the cluster knows', async (path) => {
    expect((await guarded.call('DELETE', path)).status).toBeGreaterThanOrEqual(403);
    expect((await guarded.call('GET', '/api/v1/namespaces/payments')).body).toContain('Active');
  });

  it.each([
    ['POST', 'pods/kept/eviction', { metadata: { name: 'kept' } }],
    [
      'POST',
      'pods/kept/eviction',
      { metadata: { name: 'kept' }, deleteOptions: { dryRun: ['All'] } },
    ],
    ['POST', 'pods/kept/eviction?dryRun=', { metadata: { name: 'kept' } }],
  ])('%s %s evicts nobody without a human', async (method, path, body) => {
    await guarded.call('POST', pods, json(podOf('kept')));
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', ...body };
    const answer = await guarded.call(
      method,
      `/api/v1/namespaces/payments/${path}`,
      json(eviction),
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const kept = await guarded.call('GET', `${pods}/kept`);
    expect(kept.status).toBe(200);
    expect(JSON.parse(kept.body)).not.toHaveProperty('metadata.deletionTimestamp');
  });

  it('zero replicas are zero in every way to say it', async () => {
    await guarded.call('POST', deployments, json(deploymentOf('scaled')));
    const merge = 'application/merge-patch+json';
    const zero = { spec: { replicas: 0 } };
    const name = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' } };
    const answers = [
      await guarded.call('PATCH', `${deployments}/scaled`, { type: merge, ...json(zero) }),
      await guarded.call('PATCH', `${deployments}/scaled/scale`, { type: merge, ...json(zero) }),
      await guarded.call('PUT', `${deployments}/scaled/scale`, json({ ...name, ...zero })),
      await guarded.call('PUT', `${deployments}/scaled/scale`, json({ ...name, spec: {} })),
    ];
    expect(answers.map(({ headers }) => headers['drawbridge-refusal'])).toStrictEqual(
      answers.map(() => expect.stringMatching(/^hold_/) as string),
    );
    const scaled = await guarded.call('GET', `${deployments}/scaled`);
    expect(JSON.parse(scaled.body)).toMatchObject({ spec: { replicas: 1 } });
  });

  it('a dry-run that is one may be tried, as kubectl and as a query ask for it', async () => {
    const ran = await guarded.kubectl('delete namespace payments --dry-run=server');
    expect(ran.err).not.toContain('guardrail');
    expect(ran.code).toBe(0);
    expect(await guarded.recordOf('/namespaces/payments')).toMatchObject({ dryRun: true });
    expect((await guarded.call('DELETE', '/api/v1/namespaces/payments?dryRun=All')).status).toBe(
      200,
    );
    expect((await guarded.call('GET', '/api/v1/namespaces/payments')).body).toContain('Active');
  });

  it.each([
    ['exec', 'command=ls'],
    ['exec', 'command=ls&dryRun=All'],
    ['attach', 'dryRun=All'],
  ])('%s?%s in the namespace of the system is denied', async (subresource, query) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'v5.channel.k8s.io',
    };
    const path = `/connections/prod/api/v1/namespaces/kube-system/pods/x/${subresource}?${query}`;
    const answer = await guarded.gateway.call(path, { headers });
    expect(answer.headers['drawbridge-refusal']).toBe('guardrail_denied');
  });
});

describe('a dry-run that the cluster refuses', () => {
  it('is its answer, without the values in it', async () => {
    const canary = ['AKIA', 'QWERTYUIOPASDFGH'].join('');
    const patch = {
      type: 'application/json-patch+json',
      text: json([{ op: 'add', path: '/spec/replicas', value: canary }]).text,
    };
    await guarded.call('POST', deployments, json(deploymentOf('invalid')));
    const answer = await guarded.call('PATCH', `${deployments}/invalid`, patch);
    expect(answer.headers['drawbridge-refusal']).toBe('dry_run_refused');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', status: 'Failure' });
    expect(answer.body).not.toContain(canary);
    expect(statusOf(answer).message).not.toMatch(/^drawbridge/);
    const record = await guarded.recordOf('/deployments/invalid');
    expect(record).toMatchObject({
      type: 'CommandRefused',
      decision: { reason: 'dry_run_refused' },
    });
    expect(JSON.stringify(await guarded.gateway.records())).not.toContain(canary);
  });

  it('says that there is no such object as the cluster would', async () => {
    const patch = {
      type: 'application/merge-patch+json',
      text: '{"metadata":{"labels":{"a":"b"}}}',
    };
    const answer = await guarded.call('PATCH', `${deployments}/missing`, patch);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({ reason: 'NotFound' });
  });
});

const document = (name: string, rules: string) => `apiVersion: drawbridge.dev/v1alpha1
kind: Guardrail
metadata: { name: ${name} }
spec:
  description: Of a test
  rules:
${rules}`;

describe('a rule on watches and names', () => {
  it('means the old way to watch, and names that a body or the cluster gives', async () => {
    await guarded.configure(
      'named.yaml',
      document(
        'named',
        `    - name: look
      match: { verbs: [watch], apiGroups: [''], resources: [endpoints] }
      action: deny
      reason: No watching
    - name: make
      match: { verbs: [create, update, patch], apiGroups: [''], resources: [configmaps], names: ['core-*'] }
      action: deny
      reason: Not of that name
`,
      ),
    );
    const endpoints = 'namespaces/payments/endpoints';
    await denied('named/look', guarded.call('GET', `/api/v1/${endpoints}?watch=1`));
    await denied('named/look', guarded.call('GET', `/api/v1/watch/${endpoints}`));
    await denied('named/look', guarded.call('GET', `/api/v1/watch/${endpoints}/x`));
    const maps = '/api/v1/namespaces/payments/configmaps';
    const named = (metadata: object) => json({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await denied('named/make', guarded.call('POST', maps, named({ name: 'core-dns' })));
    await denied('named/make', guarded.call('POST', maps, named({ generateName: 'core-' })));
    expect((await guarded.call('POST', maps, named({ name: 'mine' }))).status).toBe(201);
  });
});

describe('documents that change while it runs', () => {
  it('are in force with the next call, and a broken one keeps the last good one', async () => {
    const rule = (action: string) =>
      document(
        'changing',
        `    - name: look
      match: { verbs: [list], apiGroups: [''], resources: [configmaps] }
      action: ${action}
      reason: Mind the "maps"
`,
      );
    await guarded.configure('changing.yaml', rule('warn'));
    const warned = await guarded.call('GET', '/api/v1/namespaces/payments/configmaps');
    expect(warned.status).toBe(200);
    expect(warned.headers['warning']).toContain(
      '299 - "guardrail changing/look: Mind the \\"maps\\""',
    );
    const { err, code } = await guarded.kubectl('get configmaps');
    expect(code).toBe(0);
    expect(err).toContain('Warning: guardrail changing/look: Mind the "maps"');
    expect(await guarded.recordOf('/configmaps')).toMatchObject({
      type: 'CommandStarted',
      rule: 'changing/look',
      matched: [{ rule: 'changing/look', action: 'warn' }],
      warnings: ['299 - "guardrail changing/look: Mind the \\"maps\\""'],
    });
    const { policyVersion } = await guarded.recordOf('/configmaps');

    await guarded.configure('changing.yaml', rule('explode'));
    const kept = await guarded.call('GET', '/api/v1/namespaces/payments/configmaps');
    expect(kept.headers['warning']).toContain('changing/look');
    await guarded.configure('changing.yaml', rule('deny'));
    await denied('changing/look', guarded.call('GET', '/api/v1/namespaces/payments/configmaps'));
    expect((await guarded.recordOf('/configmaps')).policyVersion).not.toBe(policyVersion);
  });

  it('may ask about grant, agent and connection', async () => {
    await guarded.configure(
      'facts.yaml',
      document(
        'facts',
        `    - name: all
      match: { verbs: [get], apiGroups: [''], resources: [services] }
      when: |-
        grant.policy == "test" && grant.reason == "test" && grant.action == "" && grant.approvers == []
        && connection.name == "prod" && connection.environment == "test"
        && agent.subject == "agent-oncall" && agent.claims.sub == "agent-oncall" && request.name == "facts"
      action: deny
      reason: It knows
`,
      ),
    );
    await denied('facts/all', guarded.call('GET', '/api/v1/namespaces/payments/services/facts'));
    const other = await guarded.call('GET', '/api/v1/namespaces/payments/services/other');
    expect(other.status).toBe(404);
  });
});
