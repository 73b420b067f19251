import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import type { PeerSetting, RunningTarget } from './target.js';
import { waitForAnswer } from './wait-for-answer.js';

/**
 * `kubectl proxy`: what a Go reverse proxy with client-go's transport does. Its front has no TLS, so what it
 * saves there flatters it.
 */
export async function startKubectlPeer(
  kubectl: string,
  setting: PeerSetting,
): Promise<RunningTarget> {
  const port = await freePort();
  const directory = join(setting.directory, 'kubectl');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, kubeconfig(setting), { mode: 0o600 });
  const running = await BenchProcess.start({
    command: kubectl,
    // Its default filter refuses exec.
    args: ['--kubeconfig', file, 'proxy', `--port=${port}`, '--reject-paths=^$'],
    cores: setting.cores,
  });
  const origin = `http://127.0.0.1:${port}`;
  await waitForAnswer(`${origin}/readyz`, running);
  return {
    target: {
      name: 'kubectl proxy',
      origin,
      prefix: '',
      headers: {},
      pid: running.pid,
      http2: false,
    },
    stop: () => running.stop(),
  };
}

function kubeconfig({ upstreamPort, upstreamCa }: PeerSetting): string {
  const cluster = {
    server: `https://localhost:${upstreamPort}`,
    'certificate-authority-data': readFileSync(upstreamCa).toString('base64'),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user: { token: UPSTREAM_TOKEN } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  });
}
