import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NamesAnswer, type NamesLookup } from '@drawbridge/contracts';
import { NAMES_SUBJECT } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { startClusterUnderTest, type ClusterUnderTest } from './cluster-under-test.js';
import { startGateway, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

let cluster: ClusterUnderTest;
let stranger: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  cluster = await startClusterUnderTest();
  stranger = await startRecordingUpstream();
  await cluster.applyShipped('gateway-account.yaml');
  const { server, certificateAuthority } = cluster.controlPlane;
  const real = { server, certificateAuthority, credential: 'type: bearerToken\nfile: token' };
  const credential = 'type: bearerToken\nenvironmentVariable: TOKEN';
  gateway = await startGateway({
    connections: [
      { name: 'prod', ...real },
      { name: 'as-agents', ...real, identity: '{ mode: impersonate }' },
      {
        ...{ name: 'strange', credential },
        ...{ server: stranger.address, certificateAuthority: stranger.certificateAuthority },
      },
    ],
    environment: { TOKEN: 'of-the-gateway' },
  });
  await writeFile(join(gateway.directory, 'token'), await cluster.gatewayToken());
  const namespace = (name: string, labels: Readonly<Record<string, string>>) =>
    cluster.create({
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: { name, ...{ labels } },
    });
  await namespace('pay-1', { team: 'payments' });
  await namespace('pay-2', { team: 'payments', tier: 'web' });
  await namespace('other', { team: 'others' });
  await cluster.create(
    deployment('checkout-blue'),
    deployment('checkout-green'),
    deployment('ledger'),
  );
});
afterAll(async () => {
  await gateway.close();
  await stranger.close();
  await cluster.stop();
});

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'pay-1' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
    },
  },
});

/** Bounds of a slow machine: a gateway itself gives up after two and a half seconds. */
const PATIENCE_MS = 45_000;

async function ask(lookup: NamesLookup, connection = 'prod'): Promise<NamesAnswer> {
  const question = JSON.stringify({ connection, lookup });
  const answer = await gateway.bus.nats.request(NAMES_SUBJECT, question, { timeout: PATIENCE_MS });
  return NamesAnswer.parse(answer.json());
}

const team = (value: string): NamesLookup => ({ type: 'namespaces', matchLabels: { team: value } });
const objects = (
  resource: string,
  patterns: string[],
  more: { apiGroup?: string; namespace?: string } = {},
): NamesLookup => ({
  ...{ type: 'objects', apiGroup: '', namespace: 'pay-1', resource, patterns, ...more },
});
const inApps = { apiGroup: 'apps' };

describe('a gateway, asked which names a selector stands for', () => {
  it('has no more rights than its own user, whoever asks', async () => {
    expect(await ask(team('payments'))).toStrictEqual({ refusal: 'not_permitted' });
    expect(await ask(objects('deployments', ['checkout*'], inApps))).toStrictEqual({
      refusal: 'not_permitted',
    });
    await cluster.applyShipped('names.yaml');
    await eventually(async () => {
      expect(await ask(team('payments'))).toStrictEqual({ names: ['pay-1', 'pay-2'] });
    });
    // Secrets are in no role of it.
    expect(await ask(objects('secrets', ['checkout*']))).toStrictEqual({
      refusal: 'not_permitted',
    });
  });

  it('names namespaces by their labels, as they are at that moment', async () => {
    const both = { type: 'namespaces' as const, matchLabels: { team: 'payments', tier: 'web' } };
    expect(await ask(both)).toStrictEqual({ names: ['pay-2'] });
    expect(await ask(team('nobody'))).toStrictEqual({ names: [] });
    const relabel = (name: string, value: string | null) =>
      cluster.core.patchNamespace({
        name,
        body: [
          {
            op: value === null ? 'remove' : 'add',
            path: '/metadata/labels/team',
            ...(value !== null && { value }),
          },
        ],
      });
    await relabel('other', 'payments');
    await relabel('pay-1', null);
    expect(await ask(team('payments'))).toStrictEqual({ names: ['other', 'pay-2'] });
    expect(await ask({ ...team('payments'), among: ['pay-1', 'pay-2'] })).toStrictEqual({
      names: ['pay-2'],
    });
    await relabel('other', 'others');
    await relabel('pay-1', 'payments');
  });

  it('names objects by patterns, of any API group', async () => {
    expect(await ask(objects('deployments', ['checkout*'], inApps))).toStrictEqual({
      names: ['checkout-blue', 'checkout-green'],
    });
    expect(await ask(objects('deployments', ['*-blue', 'led*'], inApps))).toStrictEqual({
      names: ['checkout-blue', 'ledger'],
    });
    const elsewhere = { ...inApps, namespace: 'no-such-namespace' };
    expect(await ask(objects('deployments', ['checkout*'], elsewhere))).toStrictEqual({
      names: [],
    });
    expect(
      await ask(objects('deployments', ['checkout*'], { apiGroup: 'no.such' })),
    ).toHaveProperty('refusal');
  });

  it('asks as itself where the calls of agents are made as somebody else', async () => {
    expect(await ask(team('payments'), 'as-agents')).toStrictEqual({ names: ['pay-1', 'pay-2'] });
  });

  it('asks for metadata only, with its own credential, and in pages', async () => {
    stranger.answer((_request, response) => response.end('{"items":[{"metadata":{"name":"a"}}]}'));
    expect(await ask(team('payments'), 'strange')).toStrictEqual({ names: ['a'] });
    const [received] = stranger.received.slice(-1);
    expect(received).toMatchObject({
      method: 'GET',
      url: '/api/v1/namespaces?labelSelector=team%3Dpayments&limit=100',
      headers: {
        authorization: 'Bearer of-the-gateway',
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      },
    });
  });

  it('reads no list that is too long, and answers others meanwhile', async () => {
    const before = stranger.received.length;
    stranger.answer((_request, response) => {
      // For ever, or until nobody reads it any more.
      const piece = Buffer.alloc(64 * 1024, ' ');
      const write = () => {
        if (response.destroyed) return;
        if (response.write(piece)) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    });
    const [endless, other] = await Promise.all([
      ask(objects('pods', ['web-*']), 'strange'),
      ask(team('payments')),
    ]);
    expect(endless).toStrictEqual({ refusal: 'too_large' });
    expect(other).toStrictEqual({ names: ['pay-1', 'pay-2'] });
    const limits = stranger.received
      .slice(before)
      .map(({ url }) => new URL(url, stranger.address).searchParams.get('limit'));
    expect(limits).toStrictEqual(['100', '10']);
  });

  it('gives up a cluster that says nothing, and answers about the others', async () => {
    stranger.answer(() => undefined);
    const silent = Array.from({ length: 4 }, () => ask(team('payments'), 'strange'));
    for (const answer of await Promise.all(silent)) {
      expect(answer).toStrictEqual({ refusal: 'unavailable' });
    }
    expect(await ask(team('payments'))).toStrictEqual({ names: ['pay-1', 'pay-2'] });
  });

  it('knows the clusters of its configuration only', async () => {
    expect(await ask(team('payments'), 'elsewhere')).toStrictEqual({ refusal: 'unavailable' });
  });

  it.each<[string, unknown]>([
    ['a path for a resource', { lookup: objects('pods/../../secrets', ['web-*']) }],
    ['a subresource', { lookup: objects('pods/log', ['web-*']) }],
    ['a query for a resource', { lookup: objects('pods?watch=1', ['web-*']) }],
    [
      'a path for a namespace',
      { lookup: objects('pods', ['web-*'], { namespace: '../kube-system' }) },
    ],
    ['every namespace', { lookup: objects('pods', ['web-*'], { namespace: '' }) }],
    ['a path for a group', { lookup: objects('pods', ['web-*'], { apiGroup: '../api' }) }],
    ['every name', { lookup: objects('pods', ['*']) }],
    ['no pattern', { lookup: objects('pods', []) }],
    ['another selector in a value', { lookup: team('a,tier!=web') }],
    ['no label', { lookup: { type: 'namespaces', matchLabels: {} } }],
    ['an address', { connection: 'https://evil.test', lookup: team('payments') }],
    ['more fields', { lookup: { ...team('payments'), fieldSelector: 'x' } }],
    ['nothing', undefined],
  ])('does not answer, and asks nobody about %s', async (_what, question) => {
    const before = stranger.received.length;
    const text =
      question === undefined
        ? 'no JSON'
        : JSON.stringify({ connection: 'strange', ...(question as object) });
    const asked = gateway.bus.nats.request(NAMES_SUBJECT, text, { timeout: 250 });
    await expect(asked).rejects.toThrow();
    // What is asked behind it is answered, so it was read.
    stranger.answer((_request, response) => response.end('{"items":[]}'));
    expect(await ask(team('payments'), 'strange')).toStrictEqual({ names: [] });
    expect(stranger.received).toHaveLength(before + 1);
  });

  it('is one of several that answer, and each question is answered once', async () => {
    const replica = await gateway.startReplica();
    const inbox = gateway.bus.nats.subscribe('_INBOX_test.names');
    const question = JSON.stringify({ connection: 'prod', lookup: team('payments') });
    for (let count = 0; count < 20; count += 1) {
      gateway.bus.nats.publish(NAMES_SUBJECT, question, { reply: '_INBOX_test.names' });
    }
    const answers: unknown[] = [];
    void (async () => {
      for await (const message of inbox) answers.push(message.json());
    })();
    await eventually(() => expect(answers).toHaveLength(20));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toStrictEqual(
      new Set(['{"names":["pay-1","pay-2"]}']),
    );
    await replica.close();
    expect(await ask(team('payments'))).toStrictEqual({ names: ['pay-1', 'pay-2'] });
    expect(answers).toHaveLength(20);
    inbox.unsubscribe();
  });
});
