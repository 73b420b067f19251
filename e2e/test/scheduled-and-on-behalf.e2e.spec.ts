import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** An agent asks for access that opens later, and for access on behalf of a human; kubectl uses both. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-later-'));
const state = takeStateDirectory(join(directory, 'state'));
const home = join(directory, 'home');
const kubeconfig = join(directory, 'kubeconfig');
const patience = { timeoutMs: 60_000 };
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
  await drawbridge('login', '--client-id', 'agent-oncall');
  await drawbridge('kubeconfig', '-c', 'prod-eks', '-f', kubeconfig);
});
afterAll(() => closers.close());

const environment = () =>
  terminalOf(home, composition, { DRAWBRIDGE_CLIENT_SECRET: demoPeople.agents[0].secret });
const drawbridge = (...args: string[]) => runCli(environment(), args);
/** A program that ended with another code than 0. */
const Failed = z.object({ stdout: z.string(), stderr: z.string() });
const asks = async (start: string, ...more: string[]): Promise<AccessRequestView> => {
  const what = ['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments', '-d', '5m'];
  const why = ['-r', 'looking around', '--start', start, '-o', 'json', ...more];
  return AccessRequestView.parse(JSON.parse(await drawbridge(...what, ...why)));
};
/** What kubectl says when it lists the pods: what it lists, or why it may not. */
const kubectlSays = async (): Promise<string> => {
  const where = ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks'];
  const what = ['get', '--raw', '/api/v1/namespaces/payments/pods'];
  return run(kubectl, [...where, ...what], { env: environment() }).then(
    ({ stdout }) => stdout,
    (error: unknown) => Failed.parse(error).stderr,
  );
};

describe('access that opens later', () => {
  it('opens to the second, and until then kubectl is told when', async () => {
    const { terms, grant, id } = await asks('+20s', '--wait=60s');
    const startAt = terms?.startAt ?? '';
    expect(grant?.startsAt).toBe(startAt);
    expect(Date.parse(grant?.endsAt ?? '') - Date.parse(startAt)).toBe(300_000);
    const early = await kubectlSays();
    // Unless the machine slept for the whole time.
    if (Date.now() < Date.parse(startAt)) {
      expect(early).toContain(`opens at ${startAt}`);
      expect(await drawbridge('status', id)).toContain('opens in');
    }
    const openedAt = await eventually(async () => {
      expect(await kubectlSays()).toContain('"kind":');
      return Date.now();
    }, patience);
    expect(openedAt).toBeGreaterThanOrEqual(Date.parse(startAt));
    await drawbridge('withdraw', id);
  });

  it('is withdrawn before it opens, and never does', async () => {
    const { id } = await asks('+1h', '--wait=60s');
    await drawbridge('withdraw', id);
    await eventually(async () => expect(await kubectlSays()).toContain('was withdrawn'), patience);
  });

  it('is not given by a policy that lets nothing begin so far ahead', async () => {
    const told = await asks('+6d', '--wait=60s').catch((error: unknown) =>
      AccessRequestView.parse(JSON.parse(Failed.parse(error).stdout)),
    );
    expect(told).toMatchObject({ status: 'denied', refusal: { code: 'start_too_late' } });
  });
});

describe('access on behalf of a human', () => {
  const look = ['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments', '-d', '10m'];
  const ask = (...more: string[]) =>
    drawbridge(...look, '-r', 'alice asked me to look', '--wait=60s', '-o', 'json', ...more);
  const refusalOf = async (asked: Promise<string>) => {
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return Failed.parse(error);
  };

  it('is what both may have, and its human revokes it', async () => {
    const token = join(directory, 'alice.token');
    writeFileSync(token, await composition.humanToken('alice'), { mode: 0o600 });
    const view = AccessRequestView.parse(JSON.parse(await ask('--on-behalf-of', `@${token}`)));
    expect(view).toMatchObject({
      status: 'granted',
      policy: { name: 'readers' },
      behalfPolicy: { name: 'people-oncall' },
      terms: { durationSeconds: 300, onBehalfOf: { email: 'alice@corp.test', proof: 'token' } },
    });
    await eventually(async () => expect(await kubectlSays()).toContain('"kind":'), patience);

    const revoked = await fetch(
      `${composition.standIns.addresses.approvals}/v1/access-requests/${view.id}/revoke`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await composition.humanToken('alice')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ reason: 'seen enough' }),
      },
    );
    expect(revoked.status).toBe(200);
    await eventually(async () => expect(await kubectlSays()).toContain('was revoked'), patience);
  });

  it('is none for a human who may not have it, nor by the token of an agent', async () => {
    const token = join(directory, 'other.token');
    writeFileSync(token, await composition.humanToken('erin'), { mode: 0o600 });
    const denied = await refusalOf(ask('--on-behalf-of', `@${token}`));
    expect(AccessRequestView.parse(JSON.parse(denied.stdout))).toMatchObject({
      status: 'denied',
      refusal: { code: 'behalf_not_allowed' },
    });
    writeFileSync(token, await composition.agentToken());
    const refused = await refusalOf(ask('--on-behalf-of', `@${token}`));
    expect(refused.stdout + refused.stderr).toContain('behalf_token_invalid');
  });
});
