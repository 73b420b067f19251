import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rerun, type RecordedCall, type RerunCall } from '../src/index.js';
import { callCluster } from './call-cluster.js';
import { SessionRecorder } from './record-session.js';

const NAMESPACE = '/api/v1/namespaces/payments';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/payments/deployments';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

const workload = (replicas: number, image = 'registry.test/checkout:1') => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { name: 'checkout', namespace: 'payments', labels: { app: 'checkout' } },
  spec: {
    ...{ replicas, selector: { matchLabels: { app: 'checkout' } } },
    template: {
      metadata: { labels: { app: 'checkout' } },
      spec: { containers: [{ name: 'app', image }] },
    },
  },
});

let original: SandboxCluster;
const clusters: SandboxCluster[] = [];
const fresh = async () => {
  const cluster = await startSandboxCluster({ controllers: false });
  clusters.push(cluster);
  return cluster;
};
/** Waits until controllers have done all they wanted. */
const settled = (replicas: number) =>
  eventually(
    async () => {
      const call = { method: 'GET', target: `${DEPLOYMENTS}/checkout`, accept: 'application/json' };
      const { body } = await callCluster(original)(call);
      expect(JSON.parse(body)).toMatchObject({ status: { readyReplicas: replicas, replicas } });
    },
    { timeoutMs: 45_000 },
  );

beforeAll(async () => {
  original = await startSandboxCluster({ namespaces: ['payments'], rolloutMs: 20 });
  original.apply([workload(2)]);
  await settled(2);
});
afterAll(async () => {
  for (const cluster of [original, ...clusters]) await cluster.close();
});

async function again(
  calls: readonly RecordedCall[],
  target?: SandboxCluster,
): Promise<readonly RerunCall[]> {
  const cluster = target ?? (await fresh());
  const call = callCluster(cluster);
  const world = target === undefined ? { world: cluster.objects } : {};
  const made: RerunCall[] = [];
  for await (const one of new Rerun(calls, { call, ...world }).run()) made.push(one);
  return made;
}
const allSame = (calls: readonly RecordedCall[]) =>
  calls.map(() => ({ result: 'same', differences: [] }));

/** An engineer's night: looks, scales, restarts, leaves a note, cleans up. */
async function incident(): Promise<readonly RecordedCall[]> {
  const session = new SessionRecorder(original);
  await session.call('GET', `${NAMESPACE}/pods`, { accept: TABLE });
  await session.call('GET', `${DEPLOYMENTS}/checkout`);
  await session.call('GET', `${NAMESPACE}/pods`, { query: 'labelSelector=app%3Dcheckout' });
  await session.call('PATCH', `${DEPLOYMENTS}/checkout`, {
    contentType: MERGE,
    body: { spec: { replicas: 3 } },
  });
  await settled(3);
  await session.call('GET', `${DEPLOYMENTS}/checkout`);
  await session.call('GET', `${NAMESPACE}/pods`);
  await session.call('PATCH', `${DEPLOYMENTS}/checkout`, {
    contentType: STRATEGIC,
    query: 'fieldManager=kubectl-rollout',
    body: { spec: { template: { metadata: { annotations: { restartedAt: 'now' } } } } },
  });
  await settled(3);
  const pods = JSON.parse(await session.call('GET', `${NAMESPACE}/pods`, { accept: TABLE })) as {
    rows: { object: { metadata: { name: string } } }[];
  };
  const pod = pods.rows[0]?.object.metadata.name ?? '';
  await session.call('DELETE', `${NAMESPACE}/pods/${pod}`);
  await session.call('POST', `${NAMESPACE}/configmaps`, {
    body: { metadata: { generateName: 'note-' }, data: { text: 'restarted' } },
  });
  const { items } = JSON.parse(await session.call('GET', `${NAMESPACE}/configmaps`)) as {
    items: { metadata: { name: string; resourceVersion: string; uid: string }; data: object }[];
  };
  const note = items.find(({ metadata }) => metadata.name.startsWith('note-'));
  const path = `${NAMESPACE}/configmaps/${note?.metadata.name ?? ''}`;
  await session.call('PUT', path, {
    body: { metadata: note?.metadata, data: { text: 'all is well' } },
  });
  // Behind the times: the version is not the newest any more.
  await session.call('PUT', path, { body: { metadata: note?.metadata, data: { text: 'no' } } });
  await session.call('GET', `${NAMESPACE}/configmaps/none`);
  await session.call('PATCH', `${DEPLOYMENTS}/checkout/scale`, {
    contentType: MERGE,
    body: { spec: { replicas: 2 } },
  });
  await settled(2);
  await session.call('GET', `${DEPLOYMENTS}/checkout`);
  await session.call('DELETE', path, {
    body: {
      ...{ apiVersion: 'v1', kind: 'DeleteOptions' },
      preconditions: { uid: note?.metadata.uid },
    },
  });
  await session.call('GET', path);
  return session.calls;
}

describe('a session that is made again', () => {
  it('answers every call the same in an empty sandbox', async () => {
    const calls = await incident();
    const made = await again(calls);
    expect(made).toMatchObject(allSame(calls));
    // Controllers have moved pods about meanwhile, and the sandbox has none.
    expect(made.some(({ changedByOthers }) => changedByOthers > 0)).toBe(true);
    expect(calls.map(({ command }) => command.statusCode)).toContain(409);
  });

  it('counts the row of an object as long as that is as it was shown whole', async () => {
    const session = new SessionRecorder(original);
    await session.call('GET', `${DEPLOYMENTS}/checkout`);
    await session.call('GET', `${DEPLOYMENTS}/checkout`, { accept: TABLE });
    const [whole, row] = session.calls;
    if (whole === undefined || row === undefined) throw new Error('two calls were made');
    const table = JSON.parse(row.bodies.response?.text ?? '') as {
      rows: { cells: unknown[]; object: { metadata: object } }[];
    };
    // A controller may still have written between the two.
    const { metadata } = JSON.parse(whole.bodies.response?.text ?? '') as { metadata: object };
    const rows = table.rows.map((one) => ({
      cells: one.cells.with(1, '9/9'),
      object: { ...one.object, metadata },
    }));
    const response = { contentType: 'application/json', text: JSON.stringify({ ...table, rows }) };
    const made = await again([whole, { ...row, bodies: { ...row.bodies, response } }]);
    expect(made.map(({ result }) => result)).toEqual(['same', 'different']);
    const changed = { ...metadata, resourceVersion: '1' };
    const others = rows.map(({ cells, object }) => ({
      cells,
      object: { ...object, metadata: changed },
    }));
    const later = { ...response, text: JSON.stringify({ ...table, rows: others }) };
    const told = await again([whole, { ...row, bodies: { ...row.bodies, response: later } }]);
    expect(told.map(({ result }) => result)).toEqual(['same', 'same']);
  });

  it('is different where an answer was tampered with', async () => {
    const calls = await incident();
    const index = calls.findIndex(({ command }) => command.verb === 'patch');
    const changed = calls.map((call, place) =>
      place === index
        ? {
            ...call,
            bodies: {
              ...call.bodies,
              response: {
                contentType: 'application/json',
                text: (call.bodies.response?.text ?? '').replace('"replicas":3', '"replicas":2'),
              },
            },
          }
        : call,
    );
    const made = await again(changed);
    expect(made[index]).toMatchObject({
      result: 'different',
      differences: [{ path: 'spec.replicas', recorded: '2', now: '3' }],
    });
  });

  it('is different where what was sent was tampered with, and where that is seen later', async () => {
    const calls = await incident();
    const index = calls.findIndex(({ command }) => command.verb === 'patch');
    const body = { contentType: MERGE, text: '{"spec":{"replicas":7}}' };
    const changed = calls.map((call, place) =>
      place === index ? { ...call, bodies: { ...call.bodies, request: body } } : call,
    );
    const made = await again(changed);
    expect(made[index]?.differences).toContainEqual({
      ...{ path: 'spec.replicas', recorded: '3', now: '7' },
    });
    expect(made[index + 1]).toMatchObject({
      result: 'different',
      differences: [{ path: 'spec.replicas', recorded: '3', now: '7' }],
    });
  });

  it('is different on a cluster that is another one', async () => {
    const calls = await incident();
    const other = await startSandboxCluster({ namespaces: ['payments'], controllers: false });
    clusters.push(other);
    other.apply([workload(2, 'registry.test/checkout:2')]);
    const made = await again(calls, other);
    expect(made[1]?.differences).toContainEqual({
      path: 'spec.template.spec.containers[0].image',
      ...{ recorded: '"registry.test/checkout:1"', now: '"registry.test/checkout:2"' },
    });
  });

  it('says of writes without the object before them that they cannot be made again', async () => {
    const session = new SessionRecorder(original, { before: false });
    const patch = { contentType: MERGE, body: { metadata: { annotations: { a: 'b' } } } };
    await session.call('PATCH', `${DEPLOYMENTS}/checkout`, patch);
    await session.call('GET', `${DEPLOYMENTS}/checkout`);
    const [first, second] = await again(session.calls);
    expect(first).toMatchObject({ result: 'skipped', reason: 'before_not_recorded' });
    // What it did is there all the same.
    expect(second).toMatchObject({ result: 'same' });
  });

  const NOTES = `${NAMESPACE}/configmaps`;
  const note = (name: string) => ({ metadata: { name }, data: { text: 'x' } });

  it('knows that somebody took away what was there a moment before it was to be deleted', async () => {
    const session = new SessionRecorder(original);
    const path = `${NAMESPACE}/configmaps/short-lived`;
    await session.call('POST', `${NAMESPACE}/configmaps`, {
      body: { metadata: { name: 'short-lived' } },
    });
    await session.call('DELETE', path);
    await session.call('DELETE', path);
    const [made, deleted, missed] = session.calls;
    if (made === undefined || deleted === undefined || missed === undefined) {
      throw new Error('three calls were made');
    }
    const { before } = deleted.bodies;
    const late = { ...missed, bodies: { ...missed.bodies, ...(before && { before }) } };
    expect(late).toMatchObject({ command: { statusCode: 404 }, bodies: { before: {} } });
    expect(await again([made, late])).toMatchObject(allSame([made, late]));
  });

  it('does not make by others what the session should have made', async () => {
    const session = new SessionRecorder(original);
    await session.call('POST', NOTES, { body: note('made-once') });
    await session.call('GET', `${NOTES}/made-once`);
    const [create, ...rest] = session.calls;
    if (create === undefined) throw new Error('nothing was recorded');
    const request = { contentType: 'application/json', text: JSON.stringify(note('NOT VALID')) };
    const made = await again([{ ...create, bodies: { ...create.bodies, request } }, ...rest]);
    expect(made).toMatchObject([
      { result: 'different', status: 422 },
      { result: 'different', recordedStatus: 200, status: 404 },
    ]);
  });

  it('goes on from what was done by a call that cannot be made again', async () => {
    const session = new SessionRecorder(original);
    await session.call('POST', NOTES, { body: note('twice') });
    await session.call('DELETE', `${NOTES}/twice`);
    await session.call('POST', NOTES, { body: note('twice') });
    const [create, remove, anew] = session.calls;
    if (create === undefined || remove === undefined || anew === undefined) {
      throw new Error('not everything was recorded');
    }
    const unrecorded = { ...remove, command: { ...remove.command, requestBytes: 1 } };
    expect(await again([create, unrecorded, anew])).toMatchObject([
      { result: 'same' },
      { result: 'skipped', reason: 'request_not_recorded' },
      { result: 'same', status: 201 },
    ]);
  });

  it('finds what was there when it was to be created', async () => {
    const session = new SessionRecorder(original);
    await session.call('POST', DEPLOYMENTS, { body: workload(1) });
    expect(session.calls[0]?.command.statusCode).toBe(409);
    expect(await again(session.calls)).toMatchObject(allSame(session.calls));
  });

  it('makes namespaces again only where the session did', async () => {
    const session = new SessionRecorder(original);
    const body = { metadata: { name: 'scratch' } };
    await session.call('POST', '/api/v1/namespaces/scratch/configmaps', { body });
    await session.call('POST', '/api/v1/namespaces', { body });
    await session.call('POST', '/api/v1/namespaces/scratch/configmaps', { body });
    expect(session.calls.map(({ command }) => command.statusCode)).toStrictEqual([404, 201, 201]);
    expect(await again(session.calls)).toMatchObject(allSame(session.calls));
  });
});
