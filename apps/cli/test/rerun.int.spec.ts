import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AuditCommand } from '@drawbridge/contracts';
import { BUNDLE_FORMAT, tarEnd, tarEntry, type MadeCall } from '@drawbridge/replay';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterCaller } from '../src/rerun/call-cluster.js';
import { buildCli, Somebody } from './drawbridge.js';

/** What the CLI makes of a bundle, as people run it: no server and no login is needed. */
const id = (n: number) => `019c0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const PATH = '/api/v1/namespaces/payments/configmaps/note';
const MERGE = 'application/merge-patch+json';
const note = (text: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { text } },
  metadata: { name: 'note', namespace: 'payments' },
});

let original: SandboxCluster;
let somebody: Somebody;
const clusters: SandboxCluster[] = [];
const clusterWith = async (text: string) => {
  const cluster = await startSandboxCluster({ namespaces: ['payments'], controllers: false });
  cluster.apply([note(text)]);
  clusters.push(cluster);
  return cluster;
};
const callerOf = (cluster: SandboxCluster) =>
  clusterCaller({
    server: new URL(cluster.address),
    ca: cluster.certificateAuthority,
    token: cluster.adminToken,
  });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A look, a change, and a look at what came of it. */
async function recorded(): Promise<Record<string, string>> {
  const call = callerOf(original);
  const lines: Record<'commands' | 'bodies', object[]> = { commands: [], bodies: [] };
  const made: readonly Omit<MadeCall, 'accept' | 'target'>[] = [
    { method: 'GET' },
    { method: 'PATCH', contentType: MERGE, body: '{"data":{"text":"changed"}}' },
    { method: 'GET' },
  ];
  let before = '';
  for (const [n, one] of made.entries()) {
    const answer = await call({ ...one, target: PATH, accept: 'application/json' });
    const isChange = one.method !== 'GET';
    const command: AuditCommand = {
      ...{ id: id(n + 1), receivedAt: `2026-01-05T09:00:0${n}.000Z`, connection: 'prod-eks' },
      ...{ grantId: id(99), method: one.method, path: PATH, query: '' },
      ...{ verb: isChange ? 'patch' : 'get', apiGroup: '', apiVersion: 'v1' },
      ...{ resource: 'configmaps', subresource: '', namespace: 'payments', name: 'note' },
      ...{ clientAddress: '127.0.0.1', userAgent: 'kubectl', sequences: [n + 1] },
      decision: { effect: 'allow', reason: 'grant_allows', message: 'ok' },
      ...{ outcome: 'completed', statusCode: answer.status, durationMs: 1 },
      ...{ requestBytes: isChange ? 27 : 0, responseBytes: answer.body.length },
    };
    lines.commands.push(command);
    const keep = (direction: string, content: string, contentType = 'application/json') =>
      lines.bodies.push({
        ...{ type: 'CommandBody', commandId: command.id, connection: 'prod-eks', direction },
        ...{ at: command.receivedAt, contentType, bytes: Buffer.byteLength(content) },
        ...{ sha256: sha256(content), encoding: 'utf8', content },
      });
    if (isChange) keep('before', before);
    if (typeof one.body === 'string') keep('request', one.body, MERGE);
    keep('response', answer.body);
    before = answer.body;
  }
  const text = (objects: readonly object[]) =>
    objects.map((object) => `${JSON.stringify(object)}\n`).join('');
  return { 'commands/1.ndjson': text(lines.commands), 'bodies/1.ndjson': text(lines.bodies) };
}

function bundle(name: string, files: Record<string, string>, listed = files): string {
  const manifest = {
    ...{ format: BUNDLE_FORMAT, grantId: id(99), accessRequestId: id(98), connection: 'prod-eks' },
    ...{ environment: 'production', madeAt: '2026-01-05T10:00:00.000Z', madeFor: 'bob' },
    files: Object.entries(listed).map(([file, content]) => ({
      ...{ name: file, bytes: Buffer.byteLength(content), sha256: sha256(content) },
    })),
    ...{ calls: 3, missing: [] },
  };
  const all = { ...files, 'manifest.json': JSON.stringify(manifest) };
  const entries = Object.entries(all).map(([file, content]) =>
    tarEntry({ name: file, bytes: Buffer.from(content) }),
  );
  const path = join(somebody.home, name);
  writeFileSync(path, gzipSync(Buffer.concat([...entries, tarEnd()])));
  return path;
}

function kubeconfig(cluster: SandboxCluster, context: string): string {
  const path = join(somebody.home, `${context}.kubeconfig`);
  writeFileSync(path, cluster.kubeconfig().replaceAll('"sandbox"', JSON.stringify(context)));
  return path;
}

let files: Record<string, string>;
beforeAll(async () => {
  await buildCli();
  somebody = await Somebody.with({});
  original = await clusterWith('first');
  files = await recorded();
});
afterAll(async () => {
  await somebody.remove();
  for (const cluster of clusters) await cluster.close();
});

describe('drawbridge audit rerun', () => {
  it('makes a bundle again in a sandbox, every call the same', async () => {
    const { code, stdout, stderr } = await somebody.drawbridge(
      ...['audit', 'rerun', bundle('whole.tar.gz', files)],
    );
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`session ${id(99)}, made again in an empty sandbox`);
    expect(stdout).toContain('same       patch configmaps note in payments -> 200');
    expect(stdout).toContain('3 same, 0 different, 0 skipped');
  });

  it('ends with 10 when a call is answered differently, and says where', async () => {
    const bodies = files['bodies/1.ndjson'] ?? '';
    const tampered = {
      ...files,
      'bodies/1.ndjson': bodies.replace(
        '{\\"data\\":{\\"text\\":\\"changed\\"}}',
        '{\\"data\\":{\\"text\\":\\"nothing\\"}}',
      ),
    };
    const { code, stdout } = await somebody.drawbridge(
      ...['audit', 'rerun', bundle('tampered.tar.gz', tampered), '-o', 'json'],
    );
    expect(code).toBe(10);
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { same: 1, different: 2, skipped: 0 },
      calls: [
        { result: 'same' },
        { differences: [{ path: 'data.text', recorded: '"changed"', now: '"nothing"' }] },
        { result: 'different' },
      ],
    });
  });

  it('does not take a bundle that is not as its manifest says, but for --altered', async () => {
    const altered = bundle('altered.tar.gz', { ...files, more: 'x' }, files);
    const { code, stderr } = await somebody.drawbridge('audit', 'rerun', altered);
    expect([code, stderr]).toStrictEqual([1, expect.stringContaining('bundle_altered')]);
    const all = await somebody.drawbridge('audit', 'rerun', altered, '--altered');
    expect(all).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ALTERED: more') as string,
    });
  });

  it('reads from a cluster of ours, and changes it only with --yes', async () => {
    const cluster = await clusterWith('first');
    const target = [
      '--kubeconfig',
      kubeconfig(cluster, 'kind-scratch'),
      '--context',
      'kind-scratch',
    ];
    const whole = bundle('ours.tar.gz', files);
    const read = await somebody.drawbridge('audit', 'rerun', whole, ...target);
    expect(read.code).toBe(10);
    expect(read.stdout).toContain('which needs --yes');
    expect(read.stdout).toContain('1 same, 1 different, 1 skipped');
    const written = await somebody.drawbridge('audit', 'rerun', whole, ...target, '--yes');
    expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining('3 same') as string });
  });

  it('says what is different in a world that is another one', async () => {
    const cluster = await clusterWith('something else');
    const { code, stdout } = await somebody.drawbridge(
      ...['audit', 'rerun', bundle('world.tar.gz', files)],
      ...['--kubeconfig', kubeconfig(cluster, 'kind-other'), '--context', 'kind-other', '--yes'],
    );
    expect(code).toBe(10);
    expect(stdout).toContain('data.text: recorded "first", now "something else"');
    expect(stdout).toContain('2 same, 1 different');
  });

  it('makes nothing again in production', async () => {
    const cluster = await clusterWith('first');
    const whole = bundle('production.tar.gz', files);
    const on = (context: string) =>
      somebody.drawbridge(
        ...['audit', 'rerun', whole, '--kubeconfig', kubeconfig(cluster, context)],
        ...['--context', context, '--yes'],
      );
    const refusal = (code: string) => ({
      code: 4,
      stderr: expect.stringContaining(code) as string,
    });
    expect(await on('prod-eks')).toMatchObject(refusal('rerun_production_name'));
    expect(await on('eu-production')).toMatchObject(refusal('rerun_production_name'));
    const labels = { 'drawbridge.dev/environment': 'production' };
    cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', labels } },
    ]);
    expect(await on('kind-scratch')).toMatchObject(refusal('rerun_production_label'));
    const { body } = await callerOf(cluster)({
      ...{ method: 'GET', target: PATH, accept: 'application/json' },
    });
    expect(JSON.parse(body)).toMatchObject({ data: { text: 'first' } });
  });

  it('wants to be told which cluster, and gets no credential by running something', async () => {
    const whole = bundle('usage.tar.gz', files);
    const file = join(somebody.home, 'exec.kubeconfig');
    const text = original.kubeconfig().replace(/\{"token":"[^"]*"\}/, '{"exec":{"command":"x"}}');
    writeFileSync(file, text);
    for (const [args, code] of [
      [['--kubeconfig', file], 'usage_invalid'],
      [['--context', 'x'], 'usage_invalid'],
      [['--yes'], 'usage_invalid'],
      [['--kubeconfig', file, '--context', 'none'], 'kubeconfig_invalid'],
      [['--kubeconfig', file, '--context', 'sandbox'], 'kubeconfig_invalid'],
    ] as const) {
      const { stderr } = await somebody.drawbridge('audit', 'rerun', whole, ...args);
      expect(stderr).toContain(code);
    }
  });

  it('goes to no other cluster, and as nobody else, than the kubeconfig says', async () => {
    const whole = bundle('ways.tar.gz', files);
    const text = original.kubeconfig();
    const texts = {
      'proxy-url': text.replace('{"server"', '{"proxy-url":"http://127.0.0.1:1","server"'),
      as: text.replace('{"token"', '{"as":"nobody","token"'),
    };
    for (const [way, config] of Object.entries(texts)) {
      const file = join(somebody.home, `${way}.kubeconfig`);
      writeFileSync(file, config);
      const { stderr } = await somebody.drawbridge(
        ...['audit', 'rerun', whole, '--kubeconfig', file, '--context', 'sandbox'],
      );
      expect(stderr).toContain('kubeconfig_invalid');
      expect(stderr).toContain(`${way}, for user`);
    }
  });

  it('knows a production connection by its address, whatever the kubeconfig calls it', async () => {
    const cluster = await clusterWith('first');
    const directory = join(somebody.home, 'connections');
    mkdirSync(directory);
    const { port } = new URL(cluster.address);
    writeFileSync(
      join(directory, 'eks.yaml'),
      JSON.stringify({
        ...{
          apiVersion: 'drawbridge.dev/v1alpha1',
          kind: 'Connection',
          metadata: { name: 'eks-1' },
        },
        spec: {
          ...{ environment: 'production', server: `https://localhost:${port}` },
          credential: { type: 'bearerToken', file: '/nowhere' },
        },
      }),
    );
    const broken = join(somebody.home, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'eks.yaml'), '{}');
    const whole = bundle('address.tar.gz', files);
    const target = ['--kubeconfig', kubeconfig(cluster, 'kind-same'), '--context', 'kind-same'];
    const { code, stderr } = await somebody.drawbridge(
      ...['audit', 'rerun', whole, ...target, '--yes', '--config', directory],
    );
    expect([code, stderr]).toStrictEqual([4, expect.stringContaining('rerun_production_server')]);
    const { body } = await callerOf(cluster)({
      ...{ method: 'GET', target: PATH, accept: 'application/json' },
    });
    expect(JSON.parse(body)).toMatchObject({ data: { text: 'first' } });
    const unknown = await somebody.drawbridge(
      ...['audit', 'rerun', whole, ...target, '--config', broken],
    );
    expect([unknown.code, unknown.stderr]).toStrictEqual([
      2,
      expect.stringContaining('policy_invalid'),
    ]);
  });

  it('sends the options of a deletion: what was tried only is deleted nowhere', async () => {
    const cluster = await clusterWith('first');
    const options = '{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["All"]}';
    const [first = ''] = (files['commands/1.ndjson'] ?? '').split('\n');
    const command: AuditCommand = {
      ...(JSON.parse(first) as AuditCommand),
      ...{ method: 'DELETE', verb: 'delete', dryRun: true, requestBytes: options.length },
    };
    const [answer = ''] = (files['bodies/1.ndjson'] ?? '').split('\n');
    const request = {
      ...(JSON.parse(answer) as object),
      ...{ direction: 'request', content: options, sha256: sha256(options) },
    };
    const status = answer.replace('"direction":"response"', '"direction":"before"');
    const deleted = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    const response = {
      ...(JSON.parse(answer) as object),
      ...{ content: JSON.stringify(deleted), sha256: sha256(JSON.stringify(deleted)) },
    };
    const path = bundle('dry-run.tar.gz', {
      'commands/1.ndjson': `${JSON.stringify(command)}\n`,
      'bodies/1.ndjson': `${status}\n${JSON.stringify(request)}\n${JSON.stringify(response)}\n`,
    });
    const target = ['--kubeconfig', kubeconfig(cluster, 'kind-dry'), '--context', 'kind-dry'];
    const { stdout } = await somebody.drawbridge('audit', 'rerun', path, ...target, '--yes');
    expect(stdout).toContain('delete configmaps note in payments -> 200');
    const { body } = await callerOf(cluster)({
      ...{ method: 'GET', target: PATH, accept: 'application/json' },
    });
    expect(JSON.parse(body)).toMatchObject({ data: { text: 'first' } });
  });

  it('refuses a file that is no bundle', async () => {
    const path = join(somebody.home, 'none.tar.gz');
    writeFileSync(path, 'x');
    const { code, stderr } = await somebody.drawbridge('audit', 'rerun', path);
    expect([code, stderr]).toStrictEqual([1, expect.stringContaining('bundle_unreadable')]);
  });
});
