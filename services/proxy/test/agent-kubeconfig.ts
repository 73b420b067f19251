import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from './gateway-under-test.js';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Kubectl = (args: string, input?: string) => Promise<Ran>;

/** Writes an ordinary kubeconfig of an agent that points at the gateway; returns its path. */
export async function agentKubeconfig(
  gateway: Gateway,
  { subject, connection }: { subject: string; connection: string },
): Promise<string> {
  const file = join(gateway.directory, `${subject}.kubeconfig`);
  const authority = Buffer.from(gateway.raw.certificateAuthority).toString('base64');
  const server = `${gateway.address}/connections/${connection}`;
  const cluster = { server, 'certificate-authority-data': authority };
  const context = { cluster: 'drawbridge', user: 'agent', namespace: 'payments' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'drawbridge', cluster }],
    users: [{ name: 'agent', user: { token: gateway.issuer.token({ sub: subject }) } }],
    contexts: [{ name: 'x', context }],
    'current-context': 'x',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Runs a kubectl with a kubeconfig and a home of its own. */
export const kubectlWith =
  (path: string, kubeconfig: string): Kubectl =>
  (args, input = '') =>
    new Promise((resolve) => {
      const env = { KUBECONFIG: kubeconfig, HOME: `${kubeconfig}.home`, PATH: '/usr/bin:/bin' };
      const child = spawn(path, args.split(' '), { env });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('close', (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });
