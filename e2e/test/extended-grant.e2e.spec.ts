import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { Composition } from '../src/composition.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** An agent watches a roll-out that takes longer than its grant, and asks for more time while it watches. */
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-extended-'));
const state = takeStateDirectory(join(directory, 'state'));
const kubeconfig = join(directory, 'kubeconfig');
const patience = { timeoutMs: 60_000 };
const GRANT_SECONDS = 90;
const MORE_SECONDS = 30;
let cluster: RecordingCluster;
let composition: Composition;
let kubectl: string;
let watching: ChildProcess | undefined;
const closers = new Closers();

beforeAll(async () => {
  await buildCli();
  kubectl = await nativeTool('kubectl');
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access);
  closers.add(() => composition.stop());
  closers.add(() => watching?.kill());
  await agent('login', '--client-id', 'agent-oncall');
  await agent('kubeconfig', '-c', 'prod-eks', '-f', kubeconfig);
});
afterAll(() => closers.close());

const ofAgent = () =>
  terminalOf(join(directory, 'agent'), composition, {
    DRAWBRIDGE_CLIENT_SECRET: demoPeople.agents[0].secret,
  });
const agent = (...args: string[]) => runCli(ofAgent(), args);
const alice = async (...args: string[]) => {
  const token = await composition.humanToken('alice');
  return runCli(
    terminalOf(join(directory, 'alice'), composition, { DRAWBRIDGE_TOKEN: token }),
    args,
  );
};

async function statusOf(id: string): Promise<AccessRequestView> {
  return AccessRequestView.parse(JSON.parse(await agent('status', id, '-o', 'json')));
}

const becomes = (id: string, isSo: (view: AccessRequestView) => boolean) =>
  eventually(async () => {
    const view = await statusOf(id);
    expect(view).toSatisfy(isSo);
    return view;
  }, patience);
const endOf = ({ grant }: AccessRequestView): number => Date.parse(grant?.endsAt ?? '');

/** Repeats what a human does until the round that it is about is on their list. */
async function approves(id: string, ...more: string[]): Promise<void> {
  await eventually(() => alice('approve', id, ...more), patience);
}

interface Watch {
  /** Up to now. */
  readonly printed: () => string;
  /** When kubectl ended, milliseconds since the epoch. */
  readonly ended: Promise<number>;
}

function watch(): Watch {
  const where = ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks'];
  const path = '/apis/apps/v1/namespaces/payments/deployments';
  const what = ['get', '--raw', `${path}?watch=true&fieldSelector=metadata.name%3Dcheckout`];
  const child = spawn(kubectl, [...where, ...what], { env: ofAgent() });
  watching = child;
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { printed: () => text, ended: once(child, 'close').then(() => Date.now()) };
}

describe('more time for a grant that is open', () => {
  it('keeps a watch of kubectl alive over the old end, and ends it at the new one', async () => {
    const what = ['request', 'deployment/checkout', '-c', 'prod-eks', '-a', 'rollout-restart'];
    const of = ['-n', 'payments', '-d', `${GRANT_SECONDS}s`, '--ticket', 'INC-7'];
    const why = ['-r', 'restart checkout', '-o', 'json'];
    const { id } = AccessRequestView.parse(JSON.parse(await agent(...what, ...of, ...why)));
    await approves(id);
    const firstEnd = endOf(await becomes(id, ({ status }) => status === 'granted'));
    const { printed, ended } = watch();
    await eventually(() => expect(printed()).toContain('checkout'), patience);

    await agent('extend', id, '-d', `${MORE_SECONDS}s`, '-r', 'the roll-out is not through');
    await becomes(id, ({ extension }) => extension?.status === 'pending');
    // What is said to the request once more is not said to its extension.
    await alice('approve', id);
    expect((await statusOf(id)).extension?.status).toBe('pending');
    await approves(id, '--round', '2');
    const lastEnd = endOf(await becomes(id, ({ extension }) => extension?.status === 'extended'));
    expect(lastEnd - firstEnd).toBe(MORE_SECONDS * 1000);

    const endedAt = await ended;
    expect(endedAt).toBeGreaterThanOrEqual(lastEnd);
    expect(printed()).toContain('grant_expired');
  });
});
