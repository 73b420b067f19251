import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { nativeTool } from '@drawbridge/embedded';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from '../channels/channels-under-test.js';
import { statusOf } from '../gateway-under-test.js';

/** Weak on purpose: no pattern finds it, only the place where it stands. */
const CANARY = 'swordfish';
/** Found wherever it stands. */
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const secrets = '/connections/prod/api/v1/namespaces/payments/secrets';
const encoded = (text: string) => Buffer.from(text).toString('base64');

let world: ChannelsUnderTest;
let agent: ChannelAgent;

beforeAll(async () => {
  world = await startChannelsUnderTest();
  agent = await world.agent({ kubectl: await nativeTool('kubectl') });
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'payments' },
    ...{ stringData: { password: CANARY, token: TOKEN } },
  });
});
afterAll(() => world.stop());

const token = () => world.gateway.issuer.token({ sub: agent.subject });
const call = (path: string, options: Parameters<typeof world.gateway.call>[1] = {}) =>
  world.gateway.call(path, { token: token(), ...options });
const kubectl = (line: string, input = '') => agent.run(line.split(' '), { input });

function expectClean(text: string): void {
  for (const value of [CANARY, TOKEN]) {
    expect(text).not.toContain(value);
    expect(text).not.toContain(encoded(value));
  }
}

const inCluster = async (name: string, key: string) => {
  const found = await world.cluster.core.readNamespacedSecret({ name, namespace: 'payments' });
  return Buffer.from(found.data?.[key] ?? '', 'base64').toString();
};

describe('T13 the values of a secret', () => {
  it.each([
    'get secrets',
    'get secret db -o yaml',
    'get secret db -o json',
    'get secrets -A -o yaml',
    'get secrets -o custom-columns=A:.data.password',
    'get secret db -o jsonpath={.data.password}',
    'describe secret db',
    'get secrets -w -o json --request-timeout=2s',
    'get secrets --watch-only=false -w -o yaml --request-timeout=2s',
    'label secret db --overwrite seen=yes -o yaml',
    'patch secret db --type=merge -p {"metadata":{"labels":{"x":"y"}}} -o yaml',
    'patch secret db --dry-run=server --type=merge -p {"metadata":{"labels":{"x":"z"}}} -o json',
  ])('are not in what kubectl gets of: %s', async (line) => {
    const { out, err } = await kubectl(line);
    expect(out, err).not.toBe('');
    expectClean(out + err);
  });

  it('are placeholders of their kind, equal where they are equal', async () => {
    const { body } = await call(`${secrets}/db`);
    const { data } = JSON.parse(body) as { data: Record<string, string> };
    const shown = Buffer.from(data['password'] ?? '', 'base64').toString();
    expect(shown).toMatch(/^drawbridge:masked:secret:[0-9a-f]{8}:[\w-]{22}$/);
    const again = JSON.parse((await call(`${secrets}/db`)).body) as { data: typeof data };
    expect(again.data).toStrictEqual(data);
  });

  it.each([
    ['application/vnd.kubernetes.protobuf,application/json', 200],
    ['application/cbor,application/json;q=0.5', 200],
    ['application/yaml, */*', 200],
    ['application/json;as=Table;v=v1;g=meta.k8s.io', 200],
    ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 200],
    ['application/yaml', 406],
    ['application/vnd.kubernetes.protobuf', 406],
  ])('to a client that accepts %s: %i', async (accept, status) => {
    const headers = { accept, 'accept-encoding': 'gzip' };
    const answer = await call(`${secrets}/db`, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expectClean(answer.body);
    if (status === 406) expect(statusOf(answer).cause).toBe('not_acceptable');
  });
});

describe('what a client applies', () => {
  const manifest = (password: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'applied', namespace: 'payments' },
          stringData: { password },
        },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'checkout', namespace: 'payments' },
          spec: {
            replicas: 0,
            selector: { matchLabels: { app: 'checkout' } },
            template: {
              metadata: { labels: { app: 'checkout' } },
              spec: {
                containers: [
                  { name: 'app', image: 'x', env: [{ name: 'DB_PASSWORD', value: password }] },
                ],
              },
            },
          },
        },
      ],
    });

  it.each(['apply -o yaml -f -', 'apply --server-side --force-conflicts -o yaml -f -'])(
    'arrives, again and changed, and comes back masked: %s',
    async (line) => {
      for (const password of [CANARY, CANARY, `${CANARY}-2`]) {
        const { code, out, err } = await kubectl(line, manifest(password));
        expect(code, err).toBe(0);
        expectClean(out + err);
        expect(await inCluster('applied', 'password')).toBe(password);
      }
    },
  );

  it('is compared without being shown', async () => {
    const { out, err } = await kubectl('diff -f -', manifest(`${CANARY}-3`));
    // What is on the agent's own disk it has; the other side is the cluster's.
    expect(
      out
        .split('\n')
        .filter((text) => text.startsWith('-'))
        .join('\n') + err,
    ).not.toContain(`${CANARY}-2`);
  });

  it('with a placeholder in it is refused, and nothing is changed', async () => {
    const before = await inCluster('db', 'password');
    const { out } = await kubectl('get secret db -o yaml');
    const replaced = await kubectl('replace -f -', out);
    expect(replaced.err).toContain('masked_value_written');
    const { body } = await call(`${secrets}/db`);
    for (const [method, path, headers] of [
      ['PUT', `${secrets}/db`, { 'content-type': 'application/json' }],
      ['POST', secrets, { 'content-type': 'application/json' }],
      ['PATCH', `${secrets}/db`, { 'content-type': 'application/merge-patch+json' }],
      ['POST', secrets, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }],
    ] as const) {
      const answer = await call(path, { method, headers, body });
      expect(statusOf(answer)).toMatchObject({ code: 422, cause: 'masked_value_written' });
    }
    expect(await inCluster('db', 'password')).toBe(before);
  });

  it('as a JSON patch never asks what a value is', async () => {
    const headers = { 'content-type': 'application/json-patch+json' };
    const patch = (operations: readonly object[]) =>
      call(`${secrets}/db`, { method: 'PATCH', headers, body: JSON.stringify(operations) });
    for (const operation of [
      { op: 'copy', from: '/data/password', path: '/metadata/labels/x' },
      { op: 'move', from: '/data/password', path: '/data/other' },
      { op: 'copy', from: '/data', path: '/stringData' },
      { op: 'copy', from: '', path: '/metadata/annotations' },
      { op: 'test', path: '/data/password', value: encoded(CANARY) },
      { op: 'test', path: '/data/password', value: encoded('wrong') },
      { op: 'test', path: '/Data/password', value: encoded(CANARY) },
      { op: 'test', path: '/d~0ata', value: {} },
    ]) {
      expect(statusOf(await patch([operation]))).toMatchObject({ cause: 'masked_value_read' });
    }
    const { body } = await call(`${secrets}/db`);
    const { metadata } = JSON.parse(body) as { metadata: { resourceVersion: string } };
    const answer = await patch([
      { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      { op: 'add', path: '/metadata/labels', value: { patched: 'yes' } },
    ]);
    expect(answer.status).toBe(200);
    expectClean(answer.body);
  });
});

describe('what a command prints', () => {
  const script = `echo password=${CANARY}; echo ${TOKEN} >&2; printf 'no end: token=${TOKEN}'; exit 3`;

  it.each(['true', 'false'])('comes masked, with WebSocket %s', async (on) => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on };
    const { code, out, err } = await agent.run(['exec', 'web-0', '--', 'sh', '-c', script], {
      env,
    });
    expectClean(out + err);
    expect(code).toBe(3);
    expect(out).toMatch(/^password=drawbridge:masked:\S+\nno end: token=drawbridge:masked:\S+$/);
    expect(err).toMatch(/^drawbridge:masked:\S+\ncommand terminated with exit code 3\n$/);
  });

  it('shows a prompt that looks like the beginning of a secret', async () => {
    const running = agent.start([
      'exec',
      '-i',
      'web-0',
      '--',
      'sh',
      '-c',
      'printf "Password: "; cat',
    ]);
    await eventually(() => expect(running.out()).toBe('Password: '));
    running.process.stdin?.end('done\n');
    await running.ended;
  });

  it('is not put together from a placeholder', async () => {
    const { out } = await kubectl('get secret db -o jsonpath={.data.password}');
    const { err } = await agent.run(['exec', 'web-0', '--', 'echo', out]);
    expect(err).toContain('masked_value_written');
  });
});

describe('T24 the rest of a call', () => {
  it('T20 no value is in a record or a log line, of the command line neither', async () => {
    await agent.run(['exec', 'web-0', '--', 'mysql', '--password', CANARY, `--t=${TOKEN}`]);
    await eventually(async () => {
      const records = await world.gateway.records();
      const text = JSON.stringify(records);
      expect(text).toContain('command=mysql');
      expectClean(decodeURIComponent(text.replaceAll('%', '%25')) + world.gateway.log.join(''));
      expect(
        records.some((record) => record.type === 'CommandEnded' && (record.masked ?? 0) > 0),
      ).toBe(true);
    });
  });

  it('discovery is as the cluster says it', async () => {
    const through = await call('/connections/prod/api/v1');
    expect(through.status).toBe(200);
    expect(through.body).not.toContain('drawbridge:masked');
  });

  it('takes up other keys without a restart, and knows the old placeholders', async () => {
    const file = join(world.gateway.directory, 'mask-keys');
    const shown = async () => {
      const { data } = JSON.parse((await call(`${secrets}/db`)).body) as {
        data: Record<string, string>;
      };
      return data['password'] ?? '';
    };
    const before = await shown();
    const old = await readFile(file, 'utf8');
    await writeFile(file, 'no key');
    await eventually(() =>
      expect(world.gateway.log.join('')).toContain('keys of placeholders not changed'),
    );
    expect(await shown()).toBe(before);
    await writeFile(file, `${randomBytes(32).toString('base64')}\n${old}\n`);
    await eventually(async () => expect(await shown()).not.toBe(before));
    const body = JSON.stringify({ data: { password: before } });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await call(`${secrets}/db`, { method: 'PATCH', headers, body });
    expect(statusOf(answer).cause).toBe('masked_value_written');
  });
});
