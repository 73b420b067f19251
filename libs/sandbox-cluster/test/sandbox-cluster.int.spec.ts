import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ManifestRefused,
  readinessAnnotation,
  type SandboxCluster,
  startSandboxCluster,
} from '../src/index.js';
import { type Answer, open, send, sendJson, Watch } from './api-client.js';

let cluster: SandboxCluster;
beforeAll(async () => {
  cluster = await startSandboxCluster({
    namespaces: ['n'],
    rolloutMs: 40,
    historyLimit: 40,
    bookmarkMs: 20,
  });
});
afterAll(async () => cluster.close());

const maps = '/api/v1/namespaces/n/configmaps';
const map = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const create = (name: string, data?: Readonly<Record<string, string>>) =>
  sendJson(cluster, maps, { method: 'POST', body: map(name, data) });
const versionOf = async (path: string) =>
  ((await send(cluster, path)).json as { metadata: { resourceVersion: string } }).metadata
    .resourceVersion;
const status = (code: number, reason: string) => ({
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
});

describe('access', () => {
  it.each([
    ['nobody', {}],
    ['a wrong token', { authorization: 'Bearer nope' }],
    ['a token with a space', { authorization: 'Bearer a b' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an empty header', { authorization: '' }],
  ])('is refused to %s', async (_who, headers) => {
    const answer = await send(cluster, '/api/v1/pods', { anonymous: true, headers });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject(status(401, 'Unauthorized'));
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('is given to the client certificate of the administrator', async () => {
    const tls = { cert: cluster.clientCertificate, key: cluster.clientKey };
    const body = JSON.stringify({});
    const answer = await send(cluster, '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      tls,
      body,
    });
    expect(answer.json).toMatchObject({
      status: {
        userInfo: {
          username: 'kubernetes-admin',
          groups: ['system:masters', 'system:authenticated'],
        },
      },
    });
  });

  it('is refused to a certificate of another authority', async () => {
    const other = await startSandboxCluster();
    try {
      const tls = { cert: other.clientCertificate, key: other.clientKey };
      expect((await send(cluster, '/api', { tls })).status).toBe(401);
    } finally {
      await other.close();
    }
  });

  it('shows the impersonated user to an administrator who impersonates', async () => {
    const answer = await send(cluster, '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      body: '{}',
      headers: {
        'impersonate-user': 'agent',
        'impersonate-group': 'bots',
      },
    });
    expect(answer.json).toMatchObject({
      status: { userInfo: { username: 'agent', groups: ['bots', 'system:authenticated'] } },
    });
  });

  it('adopts the audit id of the request and makes one otherwise', async () => {
    const given = await send(cluster, '/version', {
      headers: { 'audit-id': 'my-id' },
    });
    expect(given.headers['audit-id']).toBe('my-id');
    expect((await send(cluster, '/version')).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a hostile or broken request', () => {
  const post = (body: string, type = 'application/json') =>
    send(cluster, maps, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });

  it.each<[string, () => Promise<Answer>, string]>([
    ['broken JSON', () => post('{"a'), '400 BadRequest'],
    ['a list for an object', () => post('[]'), '400 BadRequest'],
    ['no body', () => post(''), '400 BadRequest'],
    ['broken YAML', () => post('a: [', 'application/yaml'), '400 BadRequest'],
    [
      'a YAML bomb',
      () =>
        post(
          `a: &a [x]\n${Array.from(
            { length: 12 },
            (_, i) =>
              `b${i}: &b${i} [${Array(10)
                .fill(i === 0 ? '*a' : `*b${i - 1}`)
                .join(',')}]`,
          ).join('\n')}`,
          'application/yaml',
        ),
      '400 BadRequest',
    ],
    ['another media type', () => post('x', 'text/plain'), '415 UnsupportedMediaType'],
    [
      'a body that is too large',
      () => post(`{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`),
      '413 RequestEntityTooLarge',
    ],
    [
      'a kind that does not fit',
      () => post('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}'),
      '400 BadRequest',
    ],
    [
      'a name of another place',
      () => post('{"metadata":{"name":"x","namespace":"default"}}'),
      '400 BadRequest',
    ],
    [
      'a prototype as a label',
      () => post('{"metadata":{"name":"proto","labels":{"__proto__":"x"}}}'),
      '422 Invalid',
    ],
    ['an unknown resource', () => send(cluster, '/api/v1/gizmos'), '404 NotFound'],
    [
      'a resource named like a member of every object',
      () => send(cluster, '/api/v1/namespaces/n/constructor'),
      '404 NotFound',
    ],
    ['a subresource that is not there', () => send(cluster, `${maps}/x/status`), '404 NotFound'],
    [
      'a cluster-wide resource in a namespace',
      () => send(cluster, '/api/v1/namespaces/n/nodes'),
      '404 NotFound',
    ],
    [
      'a method that does not fit',
      () => send(cluster, maps, { method: 'PATCH', body: '{}' }),
      '405 MethodNotAllowed',
    ],
    [
      'a patch of an unknown kind',
      () => sendJson(cluster, `${maps}/kube-root-ca.crt`, { method: 'PATCH', body: {} }),
      '415 UnsupportedMediaType',
    ],
    [
      'an answer nobody can give',
      () =>
        send(cluster, maps, {
          headers: { accept: 'image/png' },
        }),
      '406 NotAcceptable',
    ],
    [
      'exec',
      () => send(cluster, '/api/v1/namespaces/n/pods/p/exec?command=ls', { method: 'POST' }),
      '501 NotImplemented',
    ],
    [
      'a proxied service',
      () => send(cluster, '/api/v1/namespaces/n/services/s/proxy/x'),
      '501 NotImplemented',
    ],
  ])('with %s is refused', async (_what, call, refusal) => {
    const [code, reason = ''] = refusal.split(' ');
    const answer = await call();
    expect(answer.json).toMatchObject(status(Number(code), reason));
    expect(answer.status).toBe(Number(code));
  });

  it('with a broken path is refused, and the server lives on', async () => {
    expect((await send(cluster, '/api/v1/%zz')).status).toBe(400);
    expect((await send(cluster, '/healthz')).text).toBe('ok');
  });
});

describe('answers', () => {
  it('are compressed when large and asked for', async () => {
    await create('large', { text: 'x'.repeat(200_000) });
    const message = await open(cluster, `${maps}/large`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(message.headers['content-encoding']).toBe('gzip');
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk as Buffer));
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())).toMatchObject({
      metadata: { name: 'large' },
    });
  });

  it('are YAML, a Table, or metadata when asked for', async () => {
    await create('shown', { a: '1' });
    const get = (accept: string, path = `${maps}/shown`) =>
      send(cluster, path, { headers: { accept } });
    expect((await get('application/yaml')).text).toMatch(/^kind: ConfigMap\n/);
    const table = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io';
    expect((await get(table)).json).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1beta1',
      rows: [{ cells: ['shown', 1, expect.stringMatching(/^\d+s$/)] }],
    });
    const full = await get(table, `${maps}/shown?includeObject=Object`);
    expect(full.json).toMatchObject({
      rows: [{ object: { kind: 'ConfigMap', data: { a: '1' } } }],
    });
    const list = await get(
      'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      maps,
    );
    expect(list.json).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
    });
    expect(list.text).not.toContain('"data"');
  });

  it('warn about unknown fields', async () => {
    const answer = await sendJson(cluster, maps, {
      method: 'POST',
      body: { ...map('warned'), bogus: 1 },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['warning']).toBe('299 - "unknown field \\"bogus\\""');
  });
});

describe('a watch', () => {
  it('starts after a version and tells what enters and leaves the selection', async () => {
    await create('watched');
    const version = await versionOf(maps);
    const watch = new Watch(
      await open(cluster, `${maps}?watch=1&resourceVersion=${version}&labelSelector=in%3Dyes`),
    );
    const label = (value: string | null) =>
      sendJson(cluster, `${maps}/watched`, {
        method: 'PATCH',
        body: { metadata: { labels: { in: value } } },
        contentType: 'application/merge-patch+json',
      });
    await label('yes');
    expect(await watch.next()).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'watched' } },
    });
    await sendJson(cluster, `${maps}/watched`, {
      method: 'PATCH',
      body: { data: { a: '1' } },
      contentType: 'application/merge-patch+json',
    });
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED' });
    await label(null);
    expect(await watch.next()).toMatchObject({ type: 'DELETED' });
    watch.close();
  });

  it('bookmarks the version it has reached', async () => {
    const watch = new Watch(
      await open(
        cluster,
        `${maps}?watch=1&resourceVersion=${await versionOf(maps)}&allowWatchBookmarks=true`,
      ),
    );
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as string },
      },
    });
    watch.close();
  });

  it('from a forgotten version ends with 410', async () => {
    const version = await versionOf(maps);
    for (let index = 0; index < 60; index += 1) {
      await sendJson(cluster, `${maps}/kube-root-ca.crt`, {
        method: 'PATCH',
        body: { metadata: { labels: { i: `${index}` } } },
        contentType: 'application/merge-patch+json',
      });
    }
    const watch = new Watch(await open(cluster, `${maps}?watch=1&resourceVersion=${version}`));
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
    expect(await watch.next()).toBeUndefined();
  });

  it('that does not read is cut, and costs the others nothing', async () => {
    const slow = await open(cluster, `${maps}?watch=1`);
    slow.pause();
    const cut = new Promise((resolve) => slow.on('close', resolve));
    slow.on('error', () => undefined);
    for (let index = 0; index < 40; index += 1) {
      await sendJson(cluster, `${maps}/large`, {
        method: 'PATCH',
        body: { data: { text: `${index}`.repeat(300_000) } },
        contentType: 'application/merge-patch+json',
      });
    }
    slow.resume();
    await cut;
    expect((await send(cluster, '/healthz')).text).toBe('ok');
  });
});

describe('a deployment', () => {
  const deployment = (name: string, more: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'n', ...more },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'a', image: 'i:1' }] },
      },
    },
  });
  const path = (name: string) => `/apis/apps/v1/namespaces/n/deployments/${name}`;
  type Seen = {
    metadata: { annotations: Record<string, string> };
    status: { availableReplicas?: number; observedGeneration: number };
  };
  const until = async (name: string, holds: (seen: Seen) => boolean): Promise<Seen> => {
    const watch = new Watch(
      await open(
        cluster,
        `/apis/apps/v1/namespaces/n/deployments?watch=1&fieldSelector=metadata.name%3D${name}`,
      ),
    );
    try {
      for (;;) {
        const event = (await watch.next()) as { object: Seen } | undefined;
        if (event === undefined) throw new Error('the watch ended');
        if (holds(event.object)) return event.object;
      }
    } finally {
      watch.close();
    }
  };
  const patch = (name: string, body: unknown) =>
    sendJson(cluster, path(name), {
      method: 'PATCH',
      body,
      contentType: 'application/merge-patch+json',
    });
  const restart = (name: string) =>
    patch(name, { spec: { template: { metadata: { annotations: { restarted: name } } } } });

  it('that fails its readiness probe is healed by the next rollout', async () => {
    cluster.apply([deployment('sick')]);
    await until('sick', ({ status }) => status.availableReplicas === 2);
    await patch('sick', { metadata: { annotations: { [readinessAnnotation]: 'failing' } } });
    await until('sick', ({ status }) => status.availableReplicas === undefined);
    const pods = await send(cluster, '/api/v1/namespaces/n/pods?labelSelector=app%3Dsick');
    expect(pods.text).toContain('"phase":"Running"');
    const events = await send(
      cluster,
      '/api/v1/namespaces/n/events?fieldSelector=reason%3DUnhealthy',
    );
    expect(events.text).toContain('Readiness probe failed');
    await restart('sick');
    const healed = await until('sick', ({ status }) => status.availableReplicas === 2);
    expect(healed.metadata.annotations).not.toHaveProperty(readinessAnnotation);
  });

  it('whose template fails never becomes available and keeps the old pods', async () => {
    cluster.apply([deployment('careful')]);
    await until('careful', ({ status }) => status.availableReplicas === 2);
    await patch('careful', {
      spec: {
        progressDeadlineSeconds: 1,
        template: { metadata: { annotations: { [readinessAnnotation]: 'failing' } } },
      },
    });
    const stuck = await until('careful', (seen) =>
      JSON.stringify(seen).includes('ProgressDeadlineExceeded'),
    );
    expect(stuck.status.availableReplicas).toBe(2);
  });

  it('of kind Recreate has no pod of both revisions at a time', async () => {
    cluster.apply([
      {
        ...deployment('again'),
        spec: { ...deployment('again').spec, strategy: { type: 'Recreate' } },
      },
    ]);
    await until('again', ({ status }) => status.availableReplicas === 2);
    const watch = new Watch(
      await open(cluster, '/api/v1/namespaces/n/pods?watch=1&labelSelector=app%3Dagain'),
    );
    await restart('again');
    const alive = new Map<string, string>();
    for (let ready = 0; ready < 2;) {
      const event = (await watch.next()) as {
        type: string;
        object: {
          metadata: { name: string; labels: Record<string, string>; deletionTimestamp?: string };
          status: object;
        };
      };
      const { name, labels, deletionTimestamp } = event.object.metadata;
      if (event.type === 'DELETED' || deletionTimestamp !== undefined) alive.delete(name);
      else alive.set(name, labels['pod-template-hash'] ?? '');
      expect(new Set(alive.values()).size).toBeLessThan(2);
      if (
        alive.size === 2 &&
        JSON.stringify(event.object).includes('restarted') &&
        JSON.stringify(event.object.status).includes('"ready":true')
      )
        ready += 1;
    }
    watch.close();
  });

  it('that nothing changes is not written again', async () => {
    cluster.apply([deployment('still')]);
    await until('still', ({ status }) => status.availableReplicas === 2);
    await restart('still');
    await until(
      'still',
      (seen) =>
        JSON.stringify(seen).includes('successfully progressed') &&
        seen.status.availableReplicas === 2 &&
        seen.status.observedGeneration >= 3,
    );
    const version = await versionOf(path('still'));
    await patch('still', { spec: { replicas: 2 } });
    expect(await versionOf(path('still'))).toBe(version);
  });
});

describe('logs', () => {
  it('are followed until the pod is gone, and honour their options', async () => {
    const pods = '/api/v1/namespaces/n/pods';
    const body = {
      metadata: { name: 'talker' },
      spec: { containers: [{ name: 'a', image: 'i:1' }] },
    };
    await sendJson(cluster, pods, { method: 'POST', body });
    const early = await send(cluster, `${pods}/talker/log`);
    expect(early.json).toMatchObject({
      code: 400,
      message: 'container "a" in pod "talker" is waiting to start: ContainerCreating',
    });
    const watch = new Watch(
      await open(cluster, `${pods}?watch=1&fieldSelector=metadata.name%3Dtalker`),
    );
    while (!JSON.stringify(await watch.next()).includes('"ready":true'));
    watch.close();
    const log = (query: string) => send(cluster, `${pods}/talker/log?${query}`);
    expect((await log('limitBytes=5')).text).toBe('start');
    expect((await log('tailLines=1')).text.split('\n')).toHaveLength(2);
    expect((await log('timestamps=true')).text).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await log('previous=true')).status).toBe(400);
    expect((await log('container=nope')).status).toBe(400);
    expect((await log('tailLines=-1')).status).toBe(400);
    const following = send(cluster, `${pods}/talker/log?follow=true`);
    await send(cluster, `${pods}/talker?gracePeriodSeconds=0`, { method: 'DELETE' });
    expect((await following).text).toContain('starting a (i:1)');
    expect((await log('')).status).toBe(404);
  });
});

describe('starting and stopping', () => {
  it('applies manifests of several documents, creates their namespaces, and replaces', async () => {
    cluster.apply(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: seeded, namespace: fresh }\ndata: { a: "1" }\n---\n---\nkind: List\napiVersion: v1\nitems: []\n',
    );
    cluster.apply([
      { ...map('seeded', { a: '2' }), metadata: { name: 'seeded', namespace: 'fresh' } },
    ]);
    expect((await send(cluster, '/api/v1/namespaces/fresh/configmaps/seeded')).json).toMatchObject({
      data: { a: '2' },
    });
  });

  it.each([
    'kind: [',
    'just text',
    'apiVersion: v1\nkind: Gizmo\nmetadata: { name: x }',
    'apiVersion: v1\nkind: ConfigMap',
  ])('refuses the manifest %j', (manifest) => {
    expect(() => cluster.apply(manifest)).toThrow(ManifestRefused);
  });

  it('closes with watches open, and refuses a port that is taken', async () => {
    const first = await startSandboxCluster();
    const port = Number(new URL(first.address).port);
    await expect(startSandboxCluster({ port })).rejects.toThrow('EADDRINUSE');
    const watch = new Watch(await open(first, '/api/v1/pods?watch=1'));
    await first.close();
    expect(await watch.next()).toBeUndefined();
  });

  it('refuses objects beyond its limit', async () => {
    const small = await startSandboxCluster({ maxObjects: 40 });
    try {
      const codes = new Set<number>();
      for (let index = 0; index < 40; index += 1) {
        codes.add(
          (
            await sendJson(small, '/api/v1/namespaces/default/configmaps', {
              method: 'POST',
              body: map(`m${index}`),
            })
          ).status,
        );
      }
      expect(codes).toStrictEqual(new Set([201, 500]));
      expect((await send(small, '/readyz')).text).toBe('ok');
    } finally {
      await small.close();
    }
  });
});
