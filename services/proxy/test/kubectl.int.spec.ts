import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { eventually, nativeTool } from '@drawbridge/testing';
import { everything, startGateway, type Gateway } from './gateway-under-test.js';

const CANARY = 'canary-sandbox-admin-3c9d';
let cluster: SandboxCluster;
let gateway: Gateway;
let kubectlPath: string;

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'checkout', namespace: 'payments' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'checkout' } },
    template: {
      metadata: { labels: { app: 'checkout' } },
      spec: { containers: [{ name: 'app', image: 'checkout:1' }] },
    },
  },
};
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'payments' },
  data: { password: Buffer.from('canary-secret-value').toString('base64') },
};

beforeAll(async () => {
  kubectlPath = await nativeTool('kubectl');
  cluster = await startSandboxCluster({ namespaces: ['payments'], adminToken: CANARY });
  cluster.apply([deployment, secret]);
  gateway = await startGateway({
    connections: [
      {
        name: 'prod-eks',
        server: cluster.address,
        certificateAuthority: cluster.certificateAuthority,
        credential: 'type: bearerToken\nfile: cluster.token',
      },
    ],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), CANARY);
});

afterAll(async () => {
  await gateway.close();
  await cluster.close();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Watching {
  /** Ends it. */
  readonly signal?: AbortSignal;
  readonly onOut?: (text: string) => void;
}

/** An agent with an ordinary kubeconfig that points at the gateway. */
async function agentWith(
  rules: readonly Rule[],
  { subject, seconds = 600 }: { subject: string; seconds?: number },
) {
  const { grantId } = await gateway.grant({ rules, subject, seconds });
  const kubeconfig = join(gateway.directory, `${subject}.kubeconfig`);
  const authority = Buffer.from(gateway.raw.certificateAuthority).toString('base64');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'drawbridge',
          cluster: {
            server: `${gateway.address}/connections/prod-eks`,
            'certificate-authority-data': authority,
          },
        },
      ],
      users: [{ name: 'agent', user: { token: gateway.issuer.token({ sub: subject }) } }],
      contexts: [
        { name: 'x', context: { cluster: 'drawbridge', user: 'agent', namespace: 'payments' } },
      ],
      'current-context': 'x',
    }),
  );
  const home = join(gateway.directory, `home-${subject}`);
  const kubectl = (args: string, input = '', { signal, onOut }: Watching = {}) =>
    new Promise<Ran>((resolve) => {
      const child = spawn(kubectlPath, args.split(' '), {
        env: { KUBECONFIG: kubeconfig, HOME: home, PATH: process.env['PATH'] ?? '' },
        ...(signal !== undefined && { signal }),
      });
      child.on('error', () => undefined);
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        onOut?.(chunk.toString());
      });
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('close', (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });
  await eventually(async () => expect((await kubectl('version')).err).not.toContain('no_grant'));
  return { kubectl, grantId };
}

const restart: Rule = {
  verbs: ['get', 'list', 'watch', 'patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
  resourceNames: ['checkout'],
};

describe('kubectl with a grant for one deployment', () => {
  it('restarts it and follows the rollout', async () => {
    const { kubectl } = await agentWith([restart], { subject: 'agent-oncall' });
    expect(await kubectl('rollout restart deployment/checkout')).toMatchObject({
      code: 0,
      out: 'deployment.apps/checkout restarted\n',
    });
    const status = await kubectl('rollout status deployment/checkout --timeout=120s');
    expect(status.out + status.err).toContain('successfully rolled out');
    expect(status.code).toBe(0);
  });

  it.each([
    ['get secret db -o yaml', 'not_in_scope: get secrets "db" in namespace payments'],
    [
      'rollout restart deployment/checkout -n default',
      'not_in_scope: get deployments.apps "checkout" in namespace default',
    ],
    ['get pods', 'not_in_scope: list pods in namespace payments'],
    ['delete namespace payments', 'not_in_scope: '],
    [
      'delete deployments --all',
      'not_in_scope: delete deployments.apps "checkout" in namespace payments',
    ],
    ['get deployments -A', 'not_in_scope: list deployments.apps'],
    ['--as=system:admin get deployment checkout', 'impersonation_refused'],
    ['create token default', 'token_request_refused'],
  ])('is told why not: kubectl %s', async (args, expected) => {
    const { kubectl } = await agentWith([restart], {
      subject: `agent-${String(args.length)}-${expected.length}`,
    });
    const ran = await kubectl(args);
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain(`drawbridge ${expected}`);
    expect(ran.out).not.toContain('canary');
  });
});

describe('kubectl with a wide grant', () => {
  let kubectl: (args: string, input?: string, watching?: Watching) => Promise<Ran>;
  beforeAll(async () => {
    ({ kubectl } = await agentWith([everything], { subject: 'agent-wide' }));
  });
  const run = async (args: string, input = '') => {
    const ran = await kubectl(args, input);
    expect(ran.code, ran.err).toBe(0);
    return ran.out;
  };
  const configMap = (value: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'payments' },
      data: { value },
    });

  it('gets and lists as tables, JSON and names', async () => {
    expect(await run('get deployments')).toMatch(/NAME +READY[\s\S]*checkout/);
    expect(await run('get deployment checkout -o jsonpath={.spec.replicas}')).toBe('2');
    expect(await run('get pods -A -o name')).toContain('pod/checkout-');
    expect(await run('api-resources --api-group=apps')).toContain('deployments');
  });

  it('applies, patches, scales, edits labels and deletes', async () => {
    expect(await run('apply -f -', configMap('one'))).toContain('configmap/settings created');
    expect(await run('apply -f -', configMap('two'))).toContain('configmap/settings configured');
    expect(await run('get configmap settings -o jsonpath={.data.value}')).toBe('two');
    await run('patch configmap settings --type=merge -p {"data":{"value":"four"}}');
    await run('label configmap settings team=payments');
    expect(await run('get configmap -l team=payments -o jsonpath={.items[0].data.value}')).toBe(
      'four',
    );
    expect(await run('scale deployment checkout --replicas=3')).toContain('scaled');
    expect(await run('delete configmap settings')).toContain('deleted');
  });

  it('applies on the server', async () => {
    const args = 'apply --server-side -f -';
    const manifest = configMap('three').replace('"settings"', '"server-side"');
    expect(await run(args, manifest)).toContain('serverside-applied');
    expect(await run('get configmap server-side -o jsonpath={.data.value}')).toBe('three');
    await run('delete configmap server-side');
  });

  it('reads logs', async () => {
    const name = (await run('get pods -o name')).split('\n')[0] ?? '';
    expect(name).toMatch(/^pod\/checkout-/);
    await eventually(async () => {
      const { code, err } = await kubectl(`logs ${name}`);
      expect(code, err).toBe(0);
    });
  });

  it('watches, and sees changes as they come', async () => {
    const stop = new AbortController();
    let seen = '';
    const { signal } = stop;
    const onOut = (text: string) => (seen += text);
    const watching = kubectl('get configmaps --watch-only -o name', '', { signal, onOut });
    // Until it watches, it sees none of them.
    await eventually(async () => {
      await run('apply -f -', configMap('one'));
      await run('delete configmap settings');
      expect(seen).toContain('configmap/settings');
    });
    stop.abort();
    await watching;
  });

  it('is told what the cluster says of exec, attach and forwarding, which this one does not offer', async () => {
    const name = (await run('get pods -o name')).split('\n')[0]?.replace('pod/', '') ?? '';
    for (const args of [`exec ${name} -- sh`, `attach ${name}`, `port-forward ${name} 8080:80`]) {
      const ran = await kubectl(args);
      expect(ran.code).not.toBe(0);
      expect(ran.err).toContain('the sandbox cluster does not implement pods/');
    }
  });
});

describe('kubectl when the grant ends', () => {
  /** An agent whose watches were cut by the end of its grant; with more time where kubectl is slower to begin. */
  async function watchedToTheEnd() {
    for (const seconds of [4, 8, 16, 32]) {
      const subject = `agent-short-${String(seconds)}`;
      const { kubectl } = await agentWith([everything], { subject, seconds });
      const watches = await Promise.all([
        kubectl('get pods --watch'),
        kubectl('get pods --watch -o json'),
      ]);
      const cut = ({ out, err }: Ran) =>
        `${out}${err}`.includes('drawbridge grant_expired: your grant ended');
      if (watches.every(cut)) return kubectl;
    }
    throw new Error('no watch was cut');
  }

  it('T11 prints the reason in the middle of a watch, and on the next call', async () => {
    const kubectl = await watchedToTheEnd();
    const next = await kubectl('get pods');
    expect(next.code).not.toBe(0);
    expect(next.err).toMatch(/drawbridge grant_expired: grant [0-9a-f-]{36} ended at/);
    expect(next.err).toContain('drawbridge request --connection prod-eks');
  });
});

describe('T20 the credential of the cluster', () => {
  it('is in no answer, record or log line', async () => {
    const records = JSON.stringify(await gateway.records());
    expect(records.length).toBeGreaterThan(1_000);
    for (const text of [records, gateway.log.join('')]) expect(text).not.toContain('canary');
  });
});
