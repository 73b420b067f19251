import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startClusterUnderTest, type ClusterUnderTest } from '../cluster-under-test.js';
import { get, upstreamTo, type UpstreamUnderTest } from './upstream-under-test.js';

/** From less than a frame to more than a window, and about what etcd takes. */
const SIZES = [1, 1_000, 3_000, 5_000, 17_000, 70_000, 300_000, 900_000];
const account = { kind: 'ServiceAccount', name: 'gateway', namespace: 'drawbridge' };

let cluster: ClusterUnderTest;
let upstream: UpstreamUnderTest;

beforeAll(async () => {
  cluster = await startClusterUnderTest();
  await cluster.applyShipped('gateway-account.yaml');
  await cluster.create(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'everything' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [account],
    },
    ...SIZES.map((bytes) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `of-${String(bytes)}`, namespace: 'default' },
      data: {
        text: createHash('sha512')
          .update(String(bytes))
          .digest('hex')
          .repeat(bytes)
          .slice(0, bytes),
      },
    })),
  );
  const token = await cluster.gatewayToken();
  const { server, certificateAuthority } = cluster.controlPlane;
  const endpoint = { server: new URL(server), certificateAuthority };
  upstream = upstreamTo(endpoint, { headers: ['authorization', `Bearer ${token}`] });
});

afterAll(async () => {
  await upstream.upstream.destroy();
  await cluster.stop();
});

const target = (bytes: number) => `/api/v1/namespaces/default/configmaps/of-${String(bytes)}`;
const none = `${target(1)}-that-is-not-there`;
/** A table says how old each object is, which the next second changes. */
const ageless = (body: string) => body.replace(/"\d+[smhd]\w*"/g, '"age"');
const alone = (path: string, accept: string) =>
  upstream.ask(get({ target: path, headers: ['accept', accept] }));
const shared = (path: string, accept: string) =>
  upstream.ask(get({ target: path, headers: ['accept', accept], oneObject: true }));

it.each([
  'application/json',
  'application/vnd.kubernetes.protobuf',
  'application/yaml',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
])('a real API server answers over HTTP/2 as it does over HTTP/1.1: %s', async (accept) => {
  const paths = [...SIZES.map(target), none];
  const expected = await Promise.all(paths.map((path) => alone(path, accept)));
  let most = 0;
  for (let round = 0; round < 10; round += 1) {
    const asked = paths.flatMap((path) => [path, path, path]).map((path) => shared(path, accept));
    most = Math.max(most, upstream.upstream.health().shared);
    const answers = await Promise.all(asked);
    for (const [index, { statusCode, body, error }] of answers.entries()) {
      const { statusCode: status, body: text = '' } = expected[Math.floor(index / 3)] ?? {};
      expect([error, statusCode]).toStrictEqual([undefined, status]);
      // Not shown: they are too long.
      expect(ageless(body) === ageless(text), `${accept}, ${paths[Math.floor(index / 3)]}`).toBe(
        true,
      );
    }
  }
  // All but those of the first rounds, and none of those that would be more than half of the streams.
  expect(most).toBe(27);
});
