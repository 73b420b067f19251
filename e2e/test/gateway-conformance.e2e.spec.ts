import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { startLaptop, takeStateDirectory, type Laptop } from '@drawbridge/laptop';
import { createLogger } from '@drawbridge/runtime';
import { eventually, nativeTool, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { stringify } from 'yaml';
import { inFreshNamespace } from '../conformance/describe-conformance.js';
import { KubectlSession } from '../conformance/kubectl-session.js';
import { kubectlConformance } from '../conformance/kubectl-conformance.js';
import { createGatewayAccount } from '../src/gateway-account.js';

/** Cases that need what the gateway does not offer, and how it says so. */
const notOffered = [
  {
    what: 'secrets, until they can be masked',
    cases: /secret/i,
    command: ['get', 'secrets', '-n', 'default'],
    refusal: /masking_unavailable/,
  },
];
const offered = kubectlConformance.filter(
  ({ name }) => !notOffered.some(({ cases }) => cases.test(name)),
);

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-gateway-'));
const kubeconfig = join(directory, 'kubeconfig');
let controlPlane: ControlPlane;
let laptop: Laptop;
let kubectl: string;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  controlPlane = await startControlPlane();
  const state = takeStateDirectory(join(directory, 'state'));
  const cluster = await createGatewayAccount(controlPlane, directory);
  laptop = await startLaptop(
    {
      state,
      ports: 'any',
      cluster,
      settings: {
        proxy: { AGENT_CALLS_PER_SECOND: '1000' },
        identity: { REQUESTS_PER_MINUTE: '10000' },
      },
    },
    createLogger('laptop', { level: 'warn' }),
  );
  writeFileSync(join(state.path, 'config/wide.yaml'), stringify(widePolicy));
  const token = await agentToken(laptop.identityProvider.issuer);
  await grantEverything(token);
  const ca = readFileSync(join(state.path, 'gateway-ca.pem'));
  writeFileSync(kubeconfig, agentKubeconfig(laptop.addresses.gateway, ca, token), { mode: 0o600 });
});

afterAll(async () => {
  await laptop.close();
  await controlPlane.stop();
  rmSync(directory, { recursive: true, force: true });
});

const anything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
const widePolicy = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Policy',
  metadata: { name: 'everything-without-asking' },
  spec: {
    subjects: { groups: ['oncall-agents'] },
    connections: { names: ['prod-eks'] },
    namespaces: ['*'],
    rules: [anything],
    maxDurationSeconds: 1800,
    approval: { type: 'none' },
  },
};

async function agentToken(issuer: string): Promise<string> {
  const [agent] = demoPeople.agents;
  const login = { client_id: agent.id, client_secret: agent.secret };
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...login });
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Asks until the policy above has been read. */
async function grantEverything(token: string): Promise<void> {
  const requests = `${laptop.addresses.ingress}/v1/access-requests`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await eventually(async () => {
    const asked = await fetch(requests, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        connection: 'prod-eks',
        scope: { rules: [anything] },
        durationSeconds: 1800,
        reason: 'conformance',
      }),
    });
    const { id } = AccessRequestView.parse(await asked.json());
    const answer = await fetch(`${requests}/${id}?wait=5`, { headers });
    const { status, refusal } = AccessRequestView.parse(await answer.json());
    if (status !== 'granted') throw new Error(`${status} ${JSON.stringify(refusal)}`);
  });
}

const agentKubeconfig = (gateway: string, ca: Buffer, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'gateway',
    clusters: [
      {
        name: 'gateway',
        cluster: {
          server: `${gateway}/connections/prod-eks`,
          'certificate-authority-data': ca.toString('base64'),
        },
      },
    ],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'gateway', context: { cluster: 'gateway', user: 'agent' } }],
  });

describe('kubectl through the gateway, under a grant for everything, against a real control plane', () => {
  it.each(offered)(
    '$name',
    async ({ run }) => inFreshNamespace({ kubeconfig, kubectl }, run),
    120_000,
  );

  it.each(notOffered)('does not offer $what', async ({ command, refusal }) => {
    const kube = new KubectlSession({ kubeconfig, kubectl }, 'default', directory);
    const { exitCode, stderr } = await kube.run(command);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(refusal);
  });
});
