/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { eventually, nativeTool } from '@drawbridge/testing';
import { agentKubeconfig, kubectlWith, type Kubectl } from './agent-kubeconfig.js';
import { startClusterUnderTest, type ClusterUnderTest } from './cluster-under-test.js';
import { startGateway, statusOf, type CallOptions, type Gateway } from './gateway-under-test.js';

const HIDDEN = 'hidden';
let cluster: ClusterUnderTest;
let gateway: Gateway;
let kubectlPath: string;

const configMap = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'payments', labels: { app: 'x', ...labels } },
  data: { value: `value of ${name}` },
});

beforeAll(async () => {
  kubectlPath = await nativeTool('kubectl');
  cluster = await startClusterUnderTest();
  const account = { name: 'gateway', namespace: 'payments' };
  await cluster.create(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'payments' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
  );
  await cluster.rbac.createClusterRoleBinding({
    body: {
      metadata: { name: 'gateway' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  });
  const { status } = await cluster.core.createNamespacedServiceAccountToken({
    ...account,
    body: { spec: { audiences: [], expirationSeconds: 3_600 } },
  });
  for (const name of ['one', 'two', 'three', `${HIDDEN}-1`, `${HIDDEN}-2`]) {
    await cluster.create(configMap(name, { name }));
  }
  const { server, certificateAuthority } = cluster.controlPlane;
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [{ name: 'prod', server, certificateAuthority, credential }],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), status?.token ?? '');
});

afterAll(async () => {
  await gateway.close();
  await cluster.stop();
});

const configMaps: Rule = {
  verbs: ['get', 'list', 'watch'],
  apiGroups: [''],
  resources: ['configmaps'],
  namespaces: ['payments'],
};
const named = (...resourceNames: string[]): Rule => ({ ...configMaps, resourceNames });

interface Agent {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  readonly call: (target: string, options?: CallOptions) => ReturnType<Gateway['call']>;
}

async function agentWith(subject: string, ...rules: Rule[]): Promise<Agent> {
  if (rules.length > 0) await gateway.grant({ rules, subject, connection: 'prod' });
  const kubeconfig = await agentKubeconfig(gateway, { subject, connection: 'prod' });
  const token = gateway.issuer.token({ sub: subject });
  const call: Agent['call'] = (target, options = {}) =>
    gateway.call(`/connections/prod${target}`, { token, ...options });
  if (rules.length > 0) {
    await eventually(async () => expect((await call('/version')).status).toBe(200));
  }
  return { kubectl: kubectlWith(kubectlPath, kubeconfig), kubeconfig, call };
}

const LIST = '/api/v1/namespaces/payments/configmaps';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const metadata =
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

interface List {
  readonly kind: string;
  readonly metadata: Record<string, unknown>;
  readonly items?: { metadata: { name: string } }[];
  readonly rows?: { object: { metadata: { name: string } } }[];
}
const namesOf = (list: List): string[] =>
  (list.items ?? list.rows?.map(({ object }) => object) ?? []).map((item) => item.metadata.name);

describe('T14 a list under a grant that names objects', () => {
  let two: Agent;
  let one: Agent;
  beforeAll(async () => {
    two = await agentWith('agent-two', named('one', 'three'));
    one = await agentWith('agent-one', named('two'));
  });

  it.each([
    ['ConfigMapList', 'application/json', ''],
    ['ConfigMapList', 'application/vnd.kubernetes.protobuf,application/json', ''],
    ['ConfigMapList', 'application/cbor, */*', '?pretty=true'],
    ['Table', table, ''],
    ['Table', table, '?includeObject=None'],
    ['Table', table, '?includeObject=Object'],
    ['PartialObjectMetadataList', metadata, ''],
    ['ConfigMapList', 'application/json', '?limit=1'],
    ['Table', table, '?limit=1&labelSelector=app%3Dx'],
    ['ConfigMapList', 'application/json', '?resourceVersion=0&limit=2'],
  ])('is a %s of these objects for Accept: %s%s', async (kind, accept, query) => {
    for (const [agent, names] of [
      [two, ['one', 'three']],
      [one, ['two']],
    ] as const) {
      const headers = { accept, 'accept-encoding': 'gzip' };
      const { status, body, headers: got } = await agent.call(`${LIST}${query}`, { headers });
      expect(status, body).toBe(200);
      const list = JSON.parse(body) as List;
      expect(list.kind).toBe(kind);
      expect(namesOf(list)).toStrictEqual(names);
      expect(Object.keys(list.metadata)).toStrictEqual(['resourceVersion']);
      expect(body).not.toContain(HIDDEN);
      // If any, then of what is shown: nothing of what is hidden shows in it.
      const shown = String(Buffer.byteLength(body));
      expect(got['content-length'] ?? shown).toBe(shown);
      expect(got).not.toHaveProperty('content-encoding');
    }
  });

  it.each([
    ['labelSelector', 'name%3Dhidden-1'],
    ['labelSelector', 'name%3Dnothing-at-all'],
    ['labelSelector', '!app'],
    ['fieldSelector', 'metadata.name!%3Done,metadata.name!%3Dthree'],
  ])('says nothing of others by %s=%s', async (selector, value) => {
    const { status, body } = await two.call(`${LIST}?${selector}=${value}`);
    expect(status).toBe(200);
    const { metadata: meta, ...list } = JSON.parse(body) as List;
    expect(list).toStrictEqual({ kind: 'ConfigMapList', apiVersion: 'v1', items: [] });
    expect(Object.keys(meta)).toStrictEqual(['resourceVersion']);
  });

  it('selects among what it shows', async () => {
    const { body } = await two.call(`${LIST}?labelSelector=name%3Dthree`);
    expect(namesOf(JSON.parse(body) as List)).toStrictEqual(['three']);
  });

  it.each([
    ['GET', `${LIST}?continue=abc`, 410, 'continue_refused'],
    ['GET', `${LIST}?fieldSelector=metadata.name%3Dhidden-1`, 403, 'not_in_scope'],
    ['GET', `${LIST}/hidden-1`, 403, 'not_in_scope'],
    ['HEAD', LIST, 403, ''],
    ['DELETE', LIST, 403, 'not_in_scope'],
    ['DELETE', `${LIST}?fieldSelector=metadata.name%3Done`, 403, 'not_in_scope'],
    ['GET', '/api/v1/configmaps', 403, 'not_in_scope'],
  ])('refuses %s %s', async (method, target, ...[code, cause]) => {
    const answer = await two.call(target, { method });
    expect(answer.status).toBe(code);
    if (cause !== '') expect(statusOf(answer).cause).toBe(cause);
  });

  it('refuses a client that takes no JSON', async () => {
    const headers = { accept: 'application/vnd.kubernetes.protobuf' };
    expect(statusOf(await two.call(LIST, { headers })).cause).toBe('not_acceptable');
  });

  it('tells the client its own faults in the words of the cluster', async () => {
    const { status, body } = await two.call(`${LIST}?labelSelector=%3D%3D`);
    expect(status).toBe(400);
    expect(body).toContain("found '=='");
  });

  it('is what kubectl gets, in every form', async () => {
    expect((await two.kubectl('get configmaps -o name')).out).toBe(
      'configmap/one\nconfigmap/three\n',
    );
    const { out } = await two.kubectl('get configmaps');
    expect(out).toMatch(/^NAME +DATA +AGE\none +1 .*\nthree +1 .*\n$/);
    expect((await two.kubectl('get configmaps --chunk-size=1 -o name')).out).toContain('three');
    expect((await one.kubectl('get configmaps -o jsonpath={.items[*].data.value}')).out).toBe(
      'value of two',
    );
    expect((await two.kubectl('describe configmaps')).out).not.toContain(HIDDEN);
  });

  it('is recorded with what was shown', async () => {
    const records = await gateway.records();
    const shown = records.find(
      (record) =>
        record.type === 'CommandStarted' && record.decision.message.includes('shows only'),
    );
    expect(shown).toMatchObject({
      verb: 'list',
      decision: { reason: 'in_scope', message: expect.stringContaining('shows only ') as string },
    });
  });
});

describe('T14 a watch under a grant that names objects', () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await agentWith('agent-watch', named('seen-1', 'seen-2'));
  });

  interface Frame {
    readonly type: string;
    readonly object: List & { metadata: { name?: string; annotations?: Record<string, string> } };
  }
  /** Opens a watch, lets `change` happen, and gives the frames up to the one that is the last. */
  async function watched(query: string, accept: string, change: () => Promise<void>) {
    const text: string[] = [];
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    const answer = agent.call(`${LIST}?watch=true&timeoutSeconds=3${query}`, {
      headers: { accept },
      onHead: () => open(undefined),
      onData: (chunk) => void text.push(chunk),
    });
    await opened;
    await change();
    const { complete } = await answer;
    expect(complete).toBe(true);
    const all = text.join('');
    expect(all).not.toContain(HIDDEN);
    expect(all === '' || all.endsWith('\n')).toBe(true);
    return all
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Frame);
  }

  const changes = async () => {
    for (const name of [`${HIDDEN}-x`, 'seen-1', `${HIDDEN}-y`, 'seen-2']) {
      await cluster.create(configMap(name));
    }
    for (const name of [`${HIDDEN}-x`, 'seen-1', `${HIDDEN}-y`, 'seen-2']) {
      await cluster.core.deleteNamespacedConfigMap({ name, namespace: 'payments' });
    }
  };
  const expected = ['ADDED seen-1', 'ADDED seen-2', 'DELETED seen-1', 'DELETED seen-2'];
  const changed = (frames: Frame[]) =>
    frames
      .filter(({ type }) => type !== 'BOOKMARK')
      .map(({ type, object }) => `${type} ${object.metadata.name ?? namesOf(object).join()}`);

  it.each([
    ['objects', 'application/json', ''],
    ['tables', table, ''],
    ['tables without objects', table, '&includeObject=None'],
    ['metadata', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', ''],
    ['protobuf or else', 'application/vnd.kubernetes.protobuf;stream=watch,*/*', ''],
  ])('shows changes of these objects as %s', async (_, accept, query) => {
    const { body } = await agent.call(LIST);
    const { resourceVersion } = (JSON.parse(body) as List).metadata;
    const since = `&resourceVersion=${String(resourceVersion)}${query}`;
    expect(changed(await watched(since, accept, changes))).toStrictEqual(expected);
  });

  it.each([['application/json'], [table]])(
    'passes initial events and the bookmark behind them: %s',
    async (accept) => {
      await cluster.create(configMap('seen-1'));
      const query =
        '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const frames = await watched(query, accept, () => Promise.resolve());
      await cluster.core.deleteNamespacedConfigMap({ name: 'seen-1', namespace: 'payments' });
      expect(changed(frames)).toStrictEqual(['ADDED seen-1']);
      const bookmark = frames.at(-1);
      expect(bookmark?.type).toBe('BOOKMARK');
      expect(JSON.stringify(bookmark)).toContain('k8s.io/initial-events-end');
    },
  );

  it('is what kubectl -w gets', async () => {
    const running = agent.kubectl('get configmaps -w --output-watch-events --request-timeout=5s');
    await eventually(async () => {
      await cluster.create(configMap(`${HIDDEN}-z`));
    });
    await cluster.create(configMap('seen-2'));
    await cluster.core.deleteNamespacedConfigMap({ name: `${HIDDEN}-z`, namespace: 'payments' });
    const { out } = await running;
    await cluster.core.deleteNamespacedConfigMap({ name: 'seen-2', namespace: 'payments' });
    expect(out).toContain('seen-2');
    expect(out).not.toContain(HIDDEN);
  });

  it('feeds the informer of client-node', async () => {
    const config = new KubeConfig();
    config.loadFromFile(agent.kubeconfig);
    const core = config.makeApiClient(CoreV1Api);
    const informer = makeInformer<V1ConfigMap>(config, LIST, () =>
      core.listNamespacedConfigMap({ namespace: 'payments' }),
    );
    const seen: string[] = [];
    informer.on('add', ({ metadata: { name = '' } = {} }) => void seen.push(`+${name}`));
    informer.on('delete', ({ metadata: { name = '' } = {} }) => void seen.push(`-${name}`));
    const failed: unknown[] = [];
    informer.on('error', (error: unknown) => void failed.push(error));
    await informer.start();
    await changes();
    await eventually(() =>
      expect(seen).toStrictEqual(['+seen-1', '+seen-2', '-seen-1', '-seen-2']),
    );
    await informer.stop();
    expect(failed).toStrictEqual([]);
  });

  it('T11 ends with a frame that says why', async () => {
    /** What a watch said to its end; with more time where the grant was over before it began. */
    const watched = async () => {
      for (const seconds of [3, 6, 12, 24]) {
        const subject = `agent-short-${String(seconds)}`;
        const short = await agentWith(subject);
        const overAt = Date.now() + seconds * 1_000;
        await gateway.grant({
          rules: [named('seen-1', 'seen-2')],
          subject,
          connection: 'prod',
          seconds,
        });
        await eventually(async () => {
          const { status } = await short.call('/version');
          if (Date.now() < overAt) expect(status).toBe(200);
        });
        const { status, body } = await short.call(`${LIST}?watch=true`);
        if (status === 200) return body;
      }
      throw new Error('no watch began in time');
    };
    const frames = (await watched()).trimEnd().split('\n');
    expect(JSON.parse(frames.at(-1) ?? '')).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 403, details: { causes: [{ reason: 'grant_expired' }] } },
    });
  });
});
