import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually, nativeTool, type ControlPlane } from '@drawbridge/testing';

const run = promisify(execFile);
const group = 'metrics.k8s.io';
const groupVersion = `${group}/v1beta1`;
const service = { name: 'metrics', namespace: 'default' };
const readable = { singularName: '', verbs: ['get', 'list'] };
const usage = { timestamp: '2026-01-01T00:00:00Z', window: '30s' };

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [
    { ...readable, name: 'nodes', namespaced: false, kind: 'NodeMetrics' },
    { ...readable, name: 'pods', namespaced: true, kind: 'PodMetrics' },
  ],
};

/**
 * Serves the metrics API to a cluster's aggregation layer: one node, and one pod in every namespace.
 *
 * @returns what stops it
 */
export async function startMetricsApi({ kubeconfig }: ControlPlane): Promise<() => Promise<void>> {
  const authority = await createCertificateAuthority('metrics');
  const { certificate: cert, key } = await authority.issueServer([
    `${service.name}.${service.namespace}.svc`,
  ]);
  const server = createServer({ cert, key }, answer);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const kubectl = await nativeTool('kubectl');
  const admin = async (...args: string[]) => {
    const { stdout } = await run(kubectl, ['--kubeconfig', kubeconfig, ...args]);
    return stdout;
  };
  const apply = run(kubectl, ['--kubeconfig', kubeconfig, 'apply', '-f', '-']);
  apply.child.stdin?.end(JSON.stringify(registration(port, authority.certificate)));
  await apply;
  await eventually(() => admin('get', '--raw', `/apis/${groupVersion}/nodes`));
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

/** A service of this type is reached by name, without endpoints and without a network of pods. */
const registration = (port: number, authority: string) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${group}` },
      spec: {
        group,
        version: 'v1beta1',
        service: { ...service, port },
        caBundle: Buffer.from(authority).toString('base64'),
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ],
});

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(bodyOf(new URL(url, 'https://metrics').pathname)));
}

function bodyOf(path: string): object {
  const list = (kind: string, ...items: object[]) => ({
    kind: `${kind}List`,
    apiVersion: groupVersion,
    metadata: {},
    items,
  });
  if (path.endsWith('/nodes')) {
    const name = 'fake-node';
    return list('NodeMetrics', {
      metadata: { name },
      ...usage,
      usage: { cpu: '250m', memory: '1Gi' },
    });
  }
  const namespace = /\/namespaces\/([^/]+)\/pods$/.exec(path)?.[1];
  if (namespace === undefined) return resources;
  return list('PodMetrics', {
    metadata: { name: 'measured', namespace },
    ...usage,
    containers: [{ name: 'web', usage: { cpu: '120m', memory: '64Mi' } }],
  });
}
