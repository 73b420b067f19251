import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView, Explanation } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { takeStateDirectory } from '@drawbridge/laptop';
import { nativeTool, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { Closers } from '@drawbridge/runtime';
import { Composition } from '../src/composition.js';
import { createGatewayAccount } from '../src/gateway-account.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** An agent asks by labels and by a pattern, and kubectl gets what these stood for, through every service in a process of its own. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-selected-'));
const state = takeStateDirectory(join(directory, 'state'));
const kubeconfig = join(directory, 'kubeconfig');
let controlPlane: ControlPlane;
let composition: Composition;
let kubectl: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  await buildCli();
  kubectl = await nativeTool('kubectl');
  controlPlane = await startControlPlane();
  closers.add(() => controlPlane.stop());
  const access = await createGatewayAccount(controlPlane, directory);
  composition = await Composition.start(state, access);
  closers.add(() => composition.stop());
  for (const namespace of ['payments', 'elsewhere']) {
    await admin('create', 'namespace', namespace);
    await admin('label', 'namespace', namespace, 'team=payments');
    for (const name of ['checkout-1', 'checkout-2', 'ledger-1']) {
      await admin('create', 'configmap', name, '-n', namespace);
      await admin('run', name, '--image=app:1', '--restart=Never', '-n', namespace);
    }
  }
  await drawbridge('login', '--client-id', 'agent-oncall');
  await drawbridge('kubeconfig', '-c', 'prod-eks', '-f', kubeconfig);
});
afterAll(() => closers.close());

const admin = (...args: string[]) =>
  run(kubectl, ['--kubeconfig', controlPlane.kubeconfig, ...args]);

const environment = () =>
  terminalOf(directory, composition, { DRAWBRIDGE_CLIENT_SECRET: demoPeople.agents[0].secret });
const drawbridge = (...args: string[]) => runCli(environment(), args);
const request = (...args: string[]) => {
  const usual = ['-c', 'prod-eks', '-d', '5m', '-r', 'looking for the failing pod', '-o', 'json'];
  return drawbridge('request', ...usual, ...args);
};
/** As the agent. */
const use = async (...args: string[]): Promise<string> => {
  const own = ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks'];
  const ran = run(kubectl, [...own, ...args], { env: environment() });
  return ran.then(
    ({ stdout }) => stdout,
    (error: unknown) => String(error),
  );
};

describe('a request by labels', () => {
  it('is explained and granted by names, and no namespace is named that no policy covers', async () => {
    const asked = ['-a', 'view', '--namespace-label', 'team=payments'];
    const told = Explanation.parse(JSON.parse(await request(...asked, '--explain')));
    expect(told).toMatchObject({
      verdict: 'validated',
      resolved: [{ field: 'namespaces', asked: 'team=payments', names: ['payments'] }],
      cuts: [{ field: 'namespaces', asked: 'payments, 1 more', granted: 'payments' }],
    });
    const view = AccessRequestView.parse(JSON.parse(await request(...asked, '--wait=60s')));
    expect(view).toMatchObject({
      status: 'granted',
      resolved: [{ names: ['payments'] }],
      terms: { parameters: { namespace: 'team=payments' } },
    });
    expect(JSON.stringify([told, view])).not.toContain('elsewhere');
    expect(await use('get', 'pods', '-n', 'payments', '-o', 'name')).toContain('pod/checkout-1');
    expect(await use('get', 'pods', '-n', 'elsewhere')).toContain('not_in_scope');
    // Whoever changes labels now changes nothing.
    await admin('label', 'namespace', 'default', 'team=payments');
    expect(await use('get', 'pods', '-n', 'default')).toContain('not_in_scope');
    await drawbridge('withdraw', view.id);
  });

  it('comes to nothing where nothing has them', async () => {
    const refused = await request(
      '-a',
      'view',
      '--namespace-label',
      'team=nobody',
      '--explain',
    ).catch((error: unknown) => Reflect.get(Object(error), 'stdout') as string);
    expect(Explanation.parse(JSON.parse(refused))).toMatchObject({ code: 'selector_empty' });
  });
});

describe('a request by a pattern', () => {
  it('is granted for what it stood for, and what comes later is not in it', async () => {
    const asked = ['-a', 'one-pod-logs', '-n', 'payments', 'pod/checkout-*'];
    const view = AccessRequestView.parse(JSON.parse(await request(...asked, '--wait=60s')));
    expect(view).toMatchObject({
      status: 'granted',
      resolved: [{ asked: 'checkout-*', names: ['checkout-1', 'checkout-2'] }],
    });
    const names = await use('get', 'pods', '-n', 'payments', '-o', 'name');
    expect(names.trim().split('\n')).toStrictEqual(['pod/checkout-1', 'pod/checkout-2']);
    expect(await use('get', 'pod', 'ledger-1', '-n', 'payments')).toContain('not_in_scope');
    await admin('run', 'checkout-3', '--image=app:1', '--restart=Never', '-n', 'payments');
    expect(await use('get', 'pod', 'checkout-3', '-n', 'payments')).toContain('not_in_scope');
    await drawbridge('withdraw', view.id);
  });
});
