import {
  startSandboxCluster,
  type CustomResource,
  type SandboxCluster,
} from '@drawbridge/sandbox-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rerun, seenResources, type RecordedCall, type RerunCall } from '../src/index.js';
import { callCluster } from './call-cluster.js';
import { SessionRecorder } from './record-session.js';
import { command } from './story-samples.js';

/** The cluster knows its resource; what is made again knows what the session has read. */
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        engine: { type: 'string', default: 'postgres' },
        replicas: { type: 'integer', default: 1 },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
            },
          },
        },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const databases: CustomResource = {
  ...{ group: 'data.corp.example', version: 'v1beta1', resource: 'databases', kind: 'Database' },
  ...{ namespaced: true, shortNames: ['db'], hasStatus: true, scale: {}, schema },
};
const regions: CustomResource = {
  ...{ group: 'data.corp.example', version: 'v1beta1', resource: 'regions', kind: 'Region' },
  namespaced: false,
};
const definition = {
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: 'databases.data.corp.example' },
  spec: {
    ...{ group: databases.group, scope: 'Namespaced' },
    names: { plural: 'databases', kind: 'Database', singular: 'database', shortNames: ['db'] },
    versions: [
      {
        name: 'v1beta1',
        schema: { openAPIV3Schema: schema },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      },
    ],
  },
};

const GROUP = '/apis/data.corp.example/v1beta1';
const DATABASES = `${GROUP}/namespaces/payments/databases`;
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const kinds = { apiVersion: 'data.corp.example/v1beta1', kind: 'Database' };
const database = (name: string, spec: object) => ({ ...kinds, metadata: { name }, spec });

let original: SandboxCluster;
const clusters: SandboxCluster[] = [];

beforeAll(async () => {
  original = await startSandboxCluster({
    ...{ namespaces: ['payments'], controllers: false },
    customResources: [databases, regions],
  });
});
afterAll(async () => {
  for (const cluster of [original, ...clusters]) await cluster.close();
});

const ports = (port: number) => [{ name: 'sql', port }];

/** Reads, creates, patches in each way, scales, writes status, fails, deletes. */
async function session(name: string): Promise<readonly RecordedCall[]> {
  const made = new SessionRecorder(original);
  const path = `${DATABASES}/${name}`;
  await made.call('GET', DATABASES, { accept: TABLE });
  await made.call('POST', DATABASES, { body: database(name, { size: 1, ports: ports(1) }) });
  await made.call('GET', path);
  await made.call('PATCH', path, { contentType: MERGE, body: { spec: { size: 2 } } });
  await made.call('PATCH', path, {
    contentType: 'application/json-patch+json',
    body: [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }],
  });
  await made.call('PATCH', path, {
    contentType: 'application/strategic-merge-patch+json',
    body: { spec: { size: 3 } },
  });
  await made.call('PATCH', path, {
    ...{ contentType: APPLY, query: 'fieldManager=x&force=true' },
    body: database(name, { size: 4 }),
  });
  const got = JSON.parse(await made.call('GET', path)) as { metadata: object; spec: object };
  await made.call('PUT', path, { body: { ...got, spec: { ...got.spec, engine: 'mysql' } } });
  // Behind the times.
  await made.call('PUT', path, { body: { ...got, spec: { ...got.spec, engine: 'none' } } });
  await made.call('PATCH', `${path}/status`, {
    ...{ contentType: MERGE, body: { status: { phase: 'Ready', replicas: 1 } } },
  });
  await made.call('PATCH', `${path}/scale`, {
    contentType: MERGE,
    body: { spec: { replicas: 3 } },
  });
  await made.call('GET', DATABASES, { query: 'labelSelector=a%3Db' });
  await made.call('POST', `${GROUP}/regions`, {
    body: { ...kinds, kind: 'Region', metadata: { generateName: 'r-' }, at: { x: [1, {}] } },
  });
  await made.call('GET', `${GROUP}/regions`);
  await made.call('DELETE', path);
  await made.call('GET', path);
  return made.calls;
}

const read = (path: string, answer: object): RecordedCall => ({
  command: command(90, {
    ...{ method: 'GET', verb: 'get', path, resource: '', name: '', namespace: '', requestBytes: 0 },
  }),
  bodies: { response: { contentType: 'application/json', text: JSON.stringify(answer) } },
});
const crd: RecordedCall = {
  ...read('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x', definition),
};

async function again(calls: readonly RecordedCall[]): Promise<readonly RerunCall[]> {
  const customResources = seenResources(calls);
  const cluster = await startSandboxCluster({ controllers: false, customResources });
  clusters.push(cluster);
  const target = { call: callCluster(cluster), world: cluster.objects };
  const made: RerunCall[] = [];
  for await (const one of new Rerun(calls, target).run()) made.push(one);
  return made;
}
const outcomes = (made: readonly RerunCall[]) =>
  made.map(({ result, differences, reason }) => ({ result, differences, reason }));
const allSame = (calls: readonly RecordedCall[]) =>
  calls.map(() => ({ result: 'same', differences: [], reason: undefined }));

describe('custom resources that are made again', () => {
  it('answer the same by the objects alone: nobody has read their definition', async () => {
    const calls = await session('unread');
    expect(calls.map(({ command: { statusCode } }) => statusCode)).toStrictEqual([
      ...[200, 201, 200, 200, 200, 415, 200, 200, 200, 409, 200, 200, 200, 201, 200, 200, 404],
    ]);
    const made = await again(calls);
    expect(outcomes(made)).toStrictEqual(allSame(calls));
    expect(made.filter(({ isSchemaUnknown }) => isSchemaUnknown)).toHaveLength(7);
  });

  it('answer the same by their definition, where the session has read it', async () => {
    const calls = await session('read');
    const [first, ...made] = await again([crd, ...calls]);
    expect(first).toMatchObject({ result: 'skipped' });
    expect(outcomes(made)).toStrictEqual(allSame(calls));
    // Only regions are known by their objects alone.
    expect(made.filter(({ isSchemaUnknown }) => isSchemaUnknown)).toHaveLength(1);
  });

  it('are refused as they were by a definition that was read', async () => {
    const made = new SessionRecorder(original);
    await made.call('POST', DATABASES, { body: database('small', { size: 0 }) });
    await made.call('POST', DATABASES, { body: database('typed', { size: 'x', ports: {} }) });
    expect(made.calls.map(({ command: { statusCode } }) => statusCode)).toStrictEqual([422, 422]);
    const [, ...results] = await again([crd, ...made.calls]);
    expect(outcomes(results)).toStrictEqual(allSame(made.calls));
  });

  it('are different where what was sent was tampered with, with a definition and without', async () => {
    const calls = await session('tampered');
    const index = calls.findIndex(({ command: { verb } }) => verb === 'patch');
    const request = { contentType: MERGE, text: '{"spec":{"size":9}}' };
    const changed = calls.map((call, place) =>
      place === index ? { ...call, bodies: { ...call.bodies, request } } : call,
    );
    const expected = { path: 'spec.size', recorded: '2', now: '9' };
    expect((await again(changed))[index]?.differences).toStrictEqual([expected]);
    expect((await again([crd, ...changed]))[index + 1]?.differences).toStrictEqual([expected]);
  });

  it('are different where what was there before is not there afterwards', async () => {
    const calls = await session('emptied');
    const index = calls.findIndex(({ command: { verb } }) => verb === 'patch');
    const request = { contentType: MERGE, text: '{"spec":{"size":2,"engine":null}}' };
    const changed = calls.map((call, place) =>
      place === index ? { ...call, bodies: { ...call.bodies, request } } : call,
    );
    expect((await again(changed))[index]?.differences).toStrictEqual([
      { path: 'spec.engine', recorded: '"postgres"' },
    ]);
  });

  it('are skipped where the cluster did not serve them', async () => {
    const path = '/apis/none.corp.example/v1/namespaces/payments/things/x';
    const made = new SessionRecorder(original);
    await made.call('GET', path);
    expect(await again(made.calls)).toMatchObject([
      { result: 'skipped', reason: 'resource_unknown', recordedStatus: 404 },
    ]);
  });
});

describe('what a session has shown of a resource', () => {
  it('is told by discovery and by the document of its group', async () => {
    const made = new SessionRecorder(original);
    await made.call('GET', `${DATABASES}/none`);
    const aggregated = {
      kind: 'APIGroupDiscoveryList',
      items: [
        {
          metadata: { name: databases.group },
          versions: [
            {
              version: 'v1beta1',
              resources: [
                {
                  ...{ resource: 'databases', scope: 'Namespaced', singularResource: 'database' },
                  ...{ responseKind: { kind: 'Database' }, shortNames: ['db'] },
                  subresources: [{ subresource: 'status' }],
                },
              ],
            },
          ],
        },
      ],
    };
    const { version, group, resource, kind, namespaced, shortNames } = databases;
    const expected = {
      ...{ group, version, resource, kind, namespaced, shortNames, hasStatus: true },
      singular: 'database',
    };
    expect(seenResources([read('/apis', aggregated), ...made.calls])).toStrictEqual([expected]);
    const list = {
      kind: 'APIResourceList',
      resources: [
        { name: 'databases', singularName: 'database', namespaced, kind, shortNames },
        { name: 'databases/status', kind },
      ],
    };
    expect(seenResources([...made.calls, read(GROUP, list)])).toStrictEqual([expected]);
    const kindOf = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
    const document = { components: { schemas: { 'x.Database': { ...schema, ...kindOf } } } };
    expect(
      seenResources([read(GROUP, list), read(`/openapi/v3${GROUP}`, document), ...made.calls]),
    ).toMatchObject([{ ...expected, schema }]);
  });

  it('is nothing for resources of Kubernetes, and for what was refused', async () => {
    const made = new SessionRecorder(original);
    await made.call('GET', '/api/v1/namespaces/payments/pods');
    await made.call('GET', DATABASES);
    const refused = made.calls.map((call) => ({
      ...call,
      command: {
        ...call.command,
        decision: { effect: 'deny', reason: 'outside_grant', message: '' } as const,
      },
    }));
    expect(seenResources(refused)).toStrictEqual([]);
    expect(seenResources(made.calls).map(({ kind }) => kind)).toStrictEqual(['Database']);
  });
});
