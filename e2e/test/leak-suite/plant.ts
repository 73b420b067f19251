import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, nativeTool, type ControlPlane } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { createNamespace } from '../clients/create-namespace.js';
import { runProgram } from '../clients/run-program.js';
import type { Canaries } from './canary.js';
import {
  NAMESPACE,
  plantedObjects,
  talkativePolicies,
  widgetDefinition,
  type Manifest,
} from './planted-objects.js';

/** What was planted, and where it is found. */
export interface Planted {
  /** Of objects that the cluster named itself. */
  readonly names: {
    readonly replicaSet: string;
    readonly statefulRevision: string;
    readonly jobPod: string;
  };
  /** A file that commands in containers can read. */
  readonly file: string;
}

type Ground = Pick<WideGateway, 'controlPlane' | 'directory'>;

/** Plants canaries in every place, not through the gateway. */
export async function plant(gateway: Ground, canaries: Canaries): Promise<Planted> {
  await createNamespace(gateway, NAMESPACE);
  const admin = await adminOf(gateway.controlPlane);
  await admin.apply([widgetDefinition(canaries), ...talkativePolicies()]);
  await admin.run('wait', '--for=condition=Established', 'crd/widgets.leaks.test');
  await admin.apply(plantedObjects(canaries));
  await plantStatus(admin, canaries);
  await plantTokenSecret(admin, canaries);
  await plantLog(gateway.controlPlane, canaries);
  const file = join(gateway.directory, 'in-container');
  await writeFile(file, `${canaries.text('file in a container')}\n${canaries.privateKey('file')}`);
  return { names: await namesOf(admin), file };
}

interface Admin {
  readonly run: (...args: string[]) => Promise<string>;
  readonly apply: (manifests: readonly Manifest[]) => Promise<void>;
}

async function adminOf({ kubeconfig }: ControlPlane): Promise<Admin> {
  const kubectl = await nativeTool('kubectl');
  const run = async (...args: string[]) => {
    const all = ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, ...args];
    const { code, out, err } = await runProgram(kubectl, all);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
    return out;
  };
  const apply = async (items: readonly Manifest[]) => {
    const file = `${kubeconfig}.${String(items.length)}.json`;
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await run('apply', '-f', file);
  };
  return { run, apply };
}

/** What a kubelet and a controller report. */
async function plantStatus({ run }: Admin, canaries: Canaries): Promise<void> {
  await run('wait', '--for=condition=Ready', 'pod/planted', '--timeout=60s');
  const patch = (resource: string, status: object) =>
    run(
      ...['patch', resource, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    );
  const message = canaries.text('status of a pod');
  const terminated = { exitCode: 1, reason: 'Error', message: canaries.text('last words') };
  await patch('pod/planted', {
    message,
    containerStatuses: [
      {
        name: 'web',
        image: 'registry.test/web:1',
        imageID: '',
        ready: true,
        restartCount: 1,
        lastState: { terminated },
      },
    ],
  });
}

/** Its token is made by the cluster. */
async function plantTokenSecret({ run, apply }: Admin, canaries: Canaries): Promise<void> {
  const annotations = { 'kubernetes.io/service-account.name': 'planted' };
  const type = 'kubernetes.io/service-account-token';
  await apply([
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', annotations }, type },
  ]);
  await eventually(async () => {
    const token = await run('get', 'secret', 'token', '-o', 'jsonpath={.data.token}');
    if (token === '') throw new Error('no token yet');
    const signature = Buffer.from(token, 'base64').toString().split('.')[2] ?? '';
    canaries.known('token secret', signature);
  });
}

async function plantLog({ kubelet }: ControlPlane, canaries: Canaries): Promise<void> {
  if (kubelet === undefined) throw new Error('this control plane has no simulated kubelet');
  const text = `${canaries.text('log')}\n${canaries.privateKey('log').trim()}`;
  const lines = text.split('\n').map((line, index) => {
    const stream = index % 2 === 0 ? 'stdout' : 'stderr';
    return `2026-01-01T00:00:01.00000000${index % 10}Z ${stream} F ${line}\n`;
  });
  await appendFile(kubelet.containerLog, lines.join(''));
}

async function namesOf({ run }: Admin): Promise<Planted['names']> {
  const first = (kind: string, selector: string) =>
    eventually(async () => {
      const name = await run(
        ...['get', kind, '-l', selector],
        ...['-o', 'jsonpath={.items[0].metadata.name}'],
      );
      if (name === '') throw new Error(`no ${kind}`);
      return name;
    });
  return {
    replicaSet: await first('replicasets', 'app=deployment'),
    statefulRevision: await first('controllerrevisions', 'app=statefulset'),
    jobPod: await first('pods', 'app=job'),
  };
}
