import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Composition, Journey } from '@drawbridge/e2e';
import { freePort } from '@drawbridge/embedded';
import { takeStateDirectory, type ClusterAccess } from '@drawbridge/laptop';
import { eventually, nativeTool } from '@drawbridge/testing';
import { measure, median, type Figures, type Target } from './load.js';
import { startStubUpstream } from './stub-upstream.js';

const ROUNDS = 5;
const LOAD = { connections: 16, requests: 1_500 };
const PATH = '/apis/apps/v1/namespaces/payments/deployments/checkout';

/**
 * The gateway's hot path (authenticate, classify, find the grant, record before, forward, record after)
 * beside `kubectl proxy` and the bare upstream, interleaved in one run. Only ratios mean something.
 */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-'));
  const upstream = await startStubUpstream();
  const access: ClusterAccess = {
    server: upstream.server,
    certificateAuthority: upstream.certificateAuthority,
    credential: { type: 'bearerToken', token: 'bench' },
  };
  const state = takeStateDirectory(join(directory, 'state'));
  const composition = await Composition.start(state, access, {
    proxy: { AGENT_CALLS_PER_SECOND: '1000000', AGENT_BURST: '1000000' },
  });
  const peer = await startKubectlProxy(directory, access);
  try {
    const targets = [
      {
        name: 'upstream',
        origin: upstream.server,
        path: PATH,
        headers: {},
        ca: upstream.certificateAuthority,
      },
      { name: 'kubectl proxy', origin: peer.origin, path: PATH, headers: {} },
      await gatewayTarget(composition),
    ];
    report(await rounds(targets));
  } finally {
    peer.stop();
    await composition.stop();
    upstream.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function gatewayTarget(composition: Composition): Promise<Target> {
  const token = await composition.agentToken();
  const journey = new Journey(composition, token, { key: 'bench', durationSeconds: 600 });
  for (const step of ['ask', 'card', 'approve', 'grant', 'use'] as const)
    await journey.take[step]();
  const { base, ca } = composition.gateway;
  const { origin, pathname } = new URL(base);
  const headers = { authorization: `Bearer ${token}` };
  return { name: 'drawbridge', origin, path: `${pathname}${PATH}`, headers, ca };
}

async function startKubectlProxy(directory: string, access: ClusterAccess) {
  const port = await freePort();
  const kubeconfig = join(directory, 'kubeconfig');
  const ca = Buffer.from(access.certificateAuthority ?? '').toString('base64');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'c', cluster: { server: access.server, 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(content), { mode: 0o600 });
  const child = spawn(
    await nativeTool('kubectl'),
    ['--kubeconfig', kubeconfig, 'proxy', '--address=127.0.0.1', `--port=${port}`],
    { stdio: 'ignore' },
  );
  await Promise.race([once(child, 'spawn'), once(child, 'error')]);
  const origin = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${origin}/version`));
  return { origin, stop: () => child.kill('SIGTERM') };
}

async function rounds(targets: readonly Target[]): Promise<Map<string, Figures[]>> {
  const figures = new Map<string, Figures[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const target of targets) {
      const measured = await measure(target, LOAD);
      // The first round warms up.
      if (round > 0) figures.get(target.name)?.push(measured);
    }
  }
  return figures;
}

function report(figures: ReadonlyMap<string, readonly Figures[]>): void {
  const summary = [...figures].map(([name, each]) => ({
    name,
    'req/s': Math.round(median(each.map(({ requestsPerSecond }) => requestsPerSecond))),
    'p50 ms': round(median(each.map(({ p50Ms }) => p50Ms))),
    'p99 ms': round(median(each.map(({ p99Ms }) => p99Ms))),
  }));
  const peer = summary.find(({ name }) => name === 'kubectl proxy')?.['req/s'] ?? Number.NaN;
  const rows = summary.map((row) => ({ ...row, 'x kubectl proxy': round(row['req/s'] / peer) }));
  console.log(
    `medians of ${ROUNDS} interleaved rounds of ${LOAD.requests} GETs of 2 kB over ${LOAD.connections} connections`,
  );
  console.table(rows);
}

const round = (value: number): number => Math.round(value * 100) / 100;

await main();
