import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandboxCluster, type SandboxCluster } from '../src/index.js';
import { send, sendJson } from './api-client.js';

let cluster: SandboxCluster;
beforeAll(async () => {
  cluster = await startSandboxCluster({
    ...{ namespaces: ['n'], controllers: true, rolloutMs: 20 },
    customResources: [
      {
        ...{ group: 'corp.example', version: 'v1beta1', resource: 'widgets', kind: 'Widget' },
        ...{ namespaced: true, shortNames: ['wd'], hasStatus: true },
        schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                size: { type: 'integer', maximum: 9, default: 3 },
                slow: { type: 'string', pattern: '^(a+)+$' },
              },
            },
          },
        },
      },
      {
        group: 'corp.example',
        version: 'v2',
        resource: 'things',
        kind: 'Thing',
        namespaced: false,
      },
    ],
  });
});
afterAll(() => cluster.close());

const WIDGETS = '/apis/corp.example/v1beta1/namespaces/n/widgets';
const widget = (name: string, spec: object = {}) => ({ metadata: { name }, spec });
const create = (name: string, spec?: object) =>
  sendJson(cluster, WIDGETS, { method: 'POST', body: widget(name, spec) });

describe('custom resources', () => {
  it('are discovered, each in its version', async () => {
    const groups = (await send(cluster, '/apis')).json;
    const entry = {
      name: 'corp.example',
      versions: [
        { groupVersion: 'corp.example/v1beta1', version: 'v1beta1' },
        { groupVersion: 'corp.example/v2', version: 'v2' },
      ],
      preferredVersion: { groupVersion: 'corp.example/v1beta1', version: 'v1beta1' },
    };
    expect(groups).toMatchObject({ groups: expect.arrayContaining([entry]) as unknown });
    expect((await send(cluster, '/apis/corp.example')).json).toMatchObject(entry);
    expect((await send(cluster, '/apis/corp.example/v1beta1')).json).toMatchObject({
      groupVersion: 'corp.example/v1beta1',
      resources: [
        { name: 'widgets', kind: 'Widget', shortNames: ['wd'] },
        { name: 'widgets/status' },
      ],
    });
    expect((await send(cluster, '/apis/corp.example/v2')).json).toMatchObject({
      resources: [{ name: 'things', namespaced: false }],
    });
    for (const path of ['/apis/corp.example/v1', '/apis/apps/v1beta1', '/apis/none.example']) {
      expect((await send(cluster, path)).status).toBe(404);
    }
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = (await send(cluster, '/apis', { headers: { accept } })).text;
    expect(aggregated).toContain(
      '"version":"v1beta1","freshness":"Current","resources":[{"resource":"widgets"',
    );
  });

  it('are pruned, filled in and refused by their schema', async () => {
    expect((await create('a', { more: 1 })).json).toMatchObject({
      kind: 'Widget',
      spec: { size: 3 },
    });
    expect((await create('a')).status).toBe(409);
    expect((await create('b', { size: 10 })).json).toMatchObject({
      ...{ code: 422, details: { causes: [{ field: 'spec.size' }] } },
    });
    expect((await create('b', { size: 'x' })).status).toBe(422);
    const { text } = await send(cluster, `${WIDGETS}/a`);
    expect(text).not.toContain('more');
  });

  it('are not kept waiting by a pattern of whoever wrote the schema', async () => {
    expect((await create('slow', { slow: `${'a'.repeat(5_000)}b` })).status).toBe(201);
  });

  it('have no strategic merge, and status of their own', async () => {
    await create('c');
    const patch = (path: string, type: string, body: object) =>
      sendJson(cluster, path, {
        ...{ method: 'PATCH', body },
        contentType: `application/${type}+json`,
      });
    const path = `${WIDGETS}/c`;
    expect((await patch(path, 'strategic-merge-patch', {})).status).toBe(415);
    await patch(path, 'merge-patch', { status: { phase: 'x' } });
    expect((await send(cluster, path)).text).not.toContain('phase');
    expect((await patch(`${path}/scale`, 'merge-patch', {})).status).toBe(404);
  });

  it('go with their namespace', async () => {
    cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } }]);
    const path = WIDGETS.replace('/n/', '/gone/');
    await sendJson(cluster, path, { method: 'POST', body: widget('d') });
    await send(cluster, '/api/v1/namespaces/gone', { method: 'DELETE' });
    await expect.poll(async () => (await send(cluster, `${path}/d`)).status).toBe(404);
  });
});
