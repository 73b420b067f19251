import { describe, expect, it } from 'vitest';
import { parseKubeRequest, type ResourceRequest } from '../domain/kube-request.js';
import type { AskCluster } from './cluster-question.js';
import { honoursDryRun } from './served-here.js';
import { touchesOf } from './touches.js';

const asked: string[] = [];

/** A cluster that answers with these lists by the last word of their path, and 403 for `refused` ones. */
function cluster(
  lists: Readonly<Record<string, readonly object[]>>,
  refused: string[] = [],
): AskCluster {
  return ({ target }) => {
    asked.push(target);
    const kind = target.replace(/\?.*$/, '').split('/').at(-1) ?? '';
    const statusCode = refused.includes(kind) ? 403 : 200;
    const body = Buffer.from(JSON.stringify({ items: lists[kind] ?? [], metadata: {} }));
    return Promise.resolve({ statusCode, contentType: 'application/json', warnings: [], body });
  };
}

function call(method: string, target: string): ResourceRequest {
  const kube = parseKubeRequest(method, target);
  if (kube.kind !== 'resource') throw new Error('expected a resource');
  return kube;
}

const pod = (name: string, labels: object = {}, owner?: string) => ({
  metadata: {
    name,
    uid: name,
    labels,
    ...(owner !== undefined && { ownerReferences: [{ uid: owner }] }),
  },
  spec: { volumes: [{ secret: { secretName: 'db' } }] },
});
const web = { matchLabels: { app: 'web' } };
const deployment = {
  kind: 'Deployment',
  metadata: { name: 'web', uid: 'd' },
  spec: { selector: web },
};

describe('what a call touches', () => {
  it('are the pods of a workload, the budgets that select them, and what it owns', async () => {
    const ask = cluster({
      pods: [pod('web-1', { app: 'web' }, 'rs'), pod('other')],
      replicasets: [pod('rs', {}, 'd')],
      poddisruptionbudgets: [
        { metadata: { name: 'web' }, spec: { selector: web } },
        { metadata: { name: 'none' }, spec: { selector: { matchLabels: { app: 'x' } } } },
        { metadata: { name: 'absent' }, spec: {} },
      ],
    });
    const kube = call('DELETE', '/apis/apps/v1/namespaces/payments/deployments/web');
    expect(await touchesOf(ask, kube, deployment)).toStrictEqual([
      'pods: 1 (web-1)',
      'disruption budgets of these pods: 1 (web)',
      'dependents: 1 (rs)',
    ]);
  });

  it('are the pods that use a secret', async () => {
    const ask = cluster({ pods: [pod('web-1')] });
    const kube = call('DELETE', '/api/v1/namespaces/payments/secrets/db');
    const secret = { kind: 'Secret', metadata: { name: 'db', uid: 's' } };
    expect(await touchesOf(ask, kube, secret)).toStrictEqual(['pods: 1 (web-1)']);
    const other = { kind: 'Secret', metadata: { name: 'db2', uid: 's' } };
    expect(await touchesOf(ask, kube, other)).toStrictEqual([]);
  });

  it('is everything in a namespace, by kind, in lines that a card shows whole', async () => {
    const names = Array.from({ length: 7 }, (_, index) =>
      pod(`a-rather-long-name-of-a-pod-${index}`),
    );
    const ask = cluster({
      pods: names,
      deployments: [{ metadata: { name: 'web' }, spec: { replicas: 3 } }],
    });
    const kube = call('DELETE', '/api/v1/namespaces/payments');
    const lines = await touchesOf(ask, kube, { kind: 'Namespace' });
    expect(lines.every((line) => line.length <= 180)).toBe(true);
    expect(lines.join(' ')).toContain('everything in it: pods: 7 (');
    expect(lines.join(' ')).toContain('deployments: 1 (web), 3 replicas');
  });

  it('is said not to be known where the cluster does not tell', async () => {
    const ask = cluster({}, ['pods']);
    const kube = call('DELETE', '/api/v1/namespaces/payments');
    expect((await touchesOf(ask, kube, {})).join()).toContain(
      'pods: not known, the cluster answered 403',
    );
  });

  it('of a collection are the objects that its selectors find', async () => {
    const ask = cluster({ pods: [pod('web-1')] });
    const kube = call('DELETE', '/api/v1/namespaces/payments/pods?labelSelector=app%3Dweb');
    expect(await touchesOf(ask, kube, undefined)).toStrictEqual(['deletes pods: 1 (web-1)']);
    expect(asked.at(-1)).toBe('/api/v1/namespaces/payments/pods?labelSelector=app%3Dweb&limit=500');
  });
});

describe('a dry-run can be relied on', () => {
  const service = (spec: object, statusCode = 200): AskCluster => {
    const body = Buffer.from(JSON.stringify({ kind: 'APIService', spec }));
    return () => Promise.resolve({ statusCode, contentType: '', warnings: [], body });
  };
  const custom = { apiGroup: 'example.com', apiVersion: 'v1' };

  it.each([
    ['of custom resources', service({}), true],
    ['never of an aggregated server', service({ service: { name: 'x' } }), false],
    ['never of what is not known', service({}, 403), false],
  ])('%s', async (_, ask, expected) => {
    expect(await honoursDryRun(ask, custom)).toBe(expected);
  });

  it('of what every API server serves itself', async () => {
    const deployments = { apiGroup: 'apps', apiVersion: 'v1' };
    expect(await honoursDryRun(service({}, 500), deployments)).toBe(true);
  });
});
