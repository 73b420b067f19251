import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoPeople } from '@drawbridge/embedded';
import { takeStateDirectory } from '@drawbridge/laptop';
import { nativeTool } from '@drawbridge/testing';
import { z } from 'zod';
import { Closers } from '@drawbridge/runtime';
import { Composition } from '../src/composition.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** An agent binds its grant to a key that the CLI makes; kubectl shows it, and whoever steals the token cannot. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-key-'));
const state = takeStateDirectory(join(directory, 'state'));
const home = join(directory, 'home');
const kubeconfig = join(directory, 'kubeconfig');
const pods = '/api/v1/namespaces/payments/pods';
let cluster: RecordingCluster;
let composition: Composition;
let kubectl: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  await buildCli();
  kubectl = await nativeTool('kubectl');
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access);
  closers.add(() => composition.stop());
});
afterAll(() => closers.close());

const environment = () =>
  terminalOf(home, composition, { DRAWBRIDGE_CLIENT_SECRET: demoPeople.agents[0].secret });
const drawbridge = (...args: string[]) => runCli(environment(), args);
const Credential = z.object({
  status: z.object({
    token: z.string(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.iso.datetime(),
  }),
});
const credential = async () => Credential.parse(JSON.parse(await drawbridge('credential'))).status;
const view = ['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments', '-d', '5m'];

/** One call with what a thief or the agent has. */
const call = (
  token: string,
  tls: { cert?: string; key?: string } = {},
): Promise<[number, string]> =>
  new Promise((resolve, reject) => {
    const { base, ca } = composition.gateway;
    const headers = { authorization: `Bearer ${token}` };
    const request = httpsRequest(`${base}${pods}`, { ca, agent: false, headers, ...tls });
    request.on('response', (answer) => {
      answer.resume();
      const code = answer.headers['drawbridge-refusal']?.toString() ?? '';
      answer.on('close', () => resolve([answer.statusCode ?? 0, code]));
    });
    request.on('error', reject);
    request.end();
  });

describe('a grant that is bound to the key of its agent', () => {
  it('is used by kubectl, and by nobody who has only the token', async () => {
    await drawbridge('login', '--client-id', 'agent-oncall');
    expect(await credential()).not.toHaveProperty('clientCertificateData');
    await drawbridge(...view, '-r', 'looking around', '--bind-key', '--wait=60s');
    const key = join(home, 'config/drawbridge/default.key.pem');
    expect(statSync(key).mode & 0o777).toBe(0o600);

    const { token, clientCertificateData: cert, clientKeyData } = await credential();
    expect(cert).toContain('BEGIN CERTIFICATE');
    expect(clientKeyData).toBe(readFileSync(key, 'utf8'));
    expect(await call(token)).toStrictEqual([403, 'grant_key_required']);
    expect(await call(token, { cert: cert ?? '', key: clientKeyData ?? '' })).toStrictEqual([
      200,
      '',
    ]);

    await drawbridge('kubeconfig', '-c', 'prod-eks', '-f', kubeconfig);
    expect(readFileSync(kubeconfig, 'utf8')).not.toContain('PRIVATE KEY');
    const { stdout } = await run(
      kubectl,
      ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks', 'get', '--raw', pods],
      { env: environment() },
    );
    expect(JSON.parse(stdout)).toHaveProperty('kind');
  });

  it('asks the gateway for one certificate, not for one a call', async () => {
    const [first, second] = [await credential(), await credential()];
    expect(second.clientCertificateData).toBe(first.clientCertificateData);
  });
});
