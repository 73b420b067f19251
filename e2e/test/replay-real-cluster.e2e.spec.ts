import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AuditCommandPage } from '@drawbridge/contracts';
import { eventually, nativeTool, repositoryRoot } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { HostileTokens } from '../src/hostile-tokens.js';
import { pythonEnvironment } from '../src/python-environment.js';
import { buildCli, runCli } from '../src/shipped-cli.js';
import { startWideGateway, type WideGateway } from '../src/wide-gateway.js';

/** Writes of every kind on a real control plane, recorded, read, and made again there and in the sandbox. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-real-'));
const bundle = join(directory, 'session.tar.gz');
const canary = 'canary-never-shown-4c1d';

const Report = z.object({
  totals: z.object({ same: z.int(), different: z.int(), skipped: z.int() }),
  calls: z.array(
    z.object({
      result: z.string(),
      words: z.string(),
      reason: z.string().optional(),
      recordedStatus: z.int().optional(),
      differences: z.array(z.object({ path: z.string() }).loose()),
    }),
  ),
});

const definition = {
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: 'databases.data.corp.example' },
  spec: {
    ...{ group: 'data.corp.example', scope: 'Namespaced' },
    names: { plural: 'databases', kind: 'Database', singular: 'database' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', maximum: 9 },
                  engine: { type: 'string', default: 'postgres' },
                },
              },
            },
          },
        },
      },
    ],
  },
};
const configMap = (name: string, data: object, metadata: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
  metadata: { name, namespace: 'payments', ...metadata },
});
const database = (size: number, metadata: object = { name: 'ledger' }) => ({
  ...{ apiVersion: 'data.corp.example/v1', kind: 'Database', spec: { size } },
  metadata: { namespace: 'payments', ...metadata },
});
const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }];
const there = [
  configMap('settings', { mode: 'slow' }),
  configMap('old', { a: '1' }),
  configMap('temporary-1', {}, { labels: { kept: 'no-longer' } }),
  configMap('temporary-2', {}, { labels: { kept: 'no-longer' } }),
  {
    ...{ apiVersion: 'v1', kind: 'Secret', stringData: { password: canary } },
    metadata: { name: 'db', namespace: 'payments' },
  },
  {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'checkout', namespace: 'payments' },
    spec: {
      ...{ replicas: 0, selector: { matchLabels: { app: 'checkout' } } },
      template: { metadata: { labels: { app: 'checkout' } }, spec: { containers } },
    },
  },
  {
    ...{ apiVersion: 'v1', kind: 'Pod', spec: { containers } },
    metadata: { name: 'victim', namespace: 'payments' },
  },
];

let gateway: WideGateway;
let kubectl: string;
let auditor: string;
let session: string;
let logged: string;

const asAdmin = (...args: string[]) =>
  run(kubectl, ['--kubeconfig', gateway.controlPlane.kubeconfig, ...args]);
const asAgent = (...args: string[]) =>
  run(kubectl, ['--kubeconfig', gateway.kubeconfig, '-n', 'payments', ...args], {
    env: { ...process.env, HOME: join(directory, 'agent') },
  });
const failing = (...args: string[]) =>
  asAgent(...args).then(
    () => {
      throw new Error(`${args.join(' ')} was done`);
    },
    (error: unknown) => String(Reflect.get(Object(error), 'stderr')),
  );
const file = (name: string, ...documents: object[]) => {
  const path = join(directory, name);
  const isJson = name.endsWith('.json');
  const text = documents.map((one) => (isJson ? JSON.stringify(one) : stringify(one)));
  writeFileSync(path, text.join('---\n'));
  return path;
};
const asAuditor = (...args: string[]) =>
  runCli(
    {
      ...{ HOME: join(directory, 'bob'), XDG_CONFIG_HOME: join(directory, 'bob/config') },
      ...{ DRAWBRIDGE_URL: gateway.laptop.addresses.ingress, DRAWBRIDGE_TOKEN: auditor },
    },
    ['audit', ...args],
  );
/** With the exit code of what may end with another one than 0. */
const ended = (...args: string[]) =>
  asAuditor(...args).then(
    (stdout) => ({ code: 0, stdout, stderr: '' }),
    (error: unknown) => ({
      code: Number(Reflect.get(Object(error), 'code')),
      stdout: String(Reflect.get(Object(error), 'stdout')),
      stderr: String(Reflect.get(Object(error), 'stderr')),
    }),
  );

/** The cluster as it was before the session. */
async function furnish(): Promise<void> {
  await asAdmin('delete', 'namespace', 'payments', '--ignore-not-found', '--wait');
  await asAdmin('create', 'namespace', 'payments');
  await asAdmin('apply', '-f', file('crd.yaml', definition));
  await asAdmin('wait', '--for=condition=Established', 'crd/databases.data.corp.example');
  await eventually(() => asAdmin('apply', '-f', file('there.yaml', ...there)), {
    timeoutMs: 60_000,
  });
  await asAdmin('-n', 'payments', 'wait', '--for=condition=Ready', 'pod/victim', '--timeout=60s');
}

async function work(): Promise<void> {
  await asAgent('get', 'configmap', 'settings', '-o', 'yaml');
  const note = (text: string) => file('note.yaml', configMap('note', { text }));
  await asAgent('apply', '-f', note('first'));
  await asAgent('apply', '-f', note('second'));
  await asAgent('apply', '--dry-run=server', '-f', note('never'));
  await asAgent(
    'apply',
    '--server-side',
    '--field-manager=agent',
    '-f',
    file('ssa.yaml', configMap('ssa', { a: '1' })),
  );
  await asAgent(
    'apply',
    '--server-side',
    '--field-manager=agent',
    '-f',
    file('ssa.yaml', configMap('ssa', { a: '2' })),
  );
  const patches = [
    [
      'strategic',
      {
        spec: {
          template: { spec: { containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.9' }] } },
        },
      },
    ],
    ['merge', { metadata: { annotations: { by: 'agent' } } }],
    ['json', [{ op: 'add', path: '/spec/minReadySeconds', value: 5 }]],
  ] as const;
  for (const [type, patch] of patches) {
    await asAgent('patch', 'deployment', 'checkout', `--type=${type}`, '-p', JSON.stringify(patch));
  }
  await asAgent('scale', 'deployment', 'checkout', '--replicas=0', '--current-replicas=0');
  await asAgent('delete', 'configmap', 'old');
  await asAgent(
    'delete',
    '--raw',
    '/api/v1/namespaces/payments/configmaps?labelSelector=kept%3Dno-longer',
  );
  expect(await failing('create', 'configmap', 'BAD_NAME')).toContain('Invalid value');
  const stale = configMap('settings', { mode: 'fast' }, { resourceVersion: '1' });
  expect(await failing('replace', '-f', file('stale.yaml', stale))).toContain('Conflict');
  await asAgent('create', 'secret', 'generic', 'made', `--from-literal=password=${canary}-2`);
  await asAgent(
    'patch',
    'secret',
    'db',
    '-p',
    JSON.stringify({ stringData: { password: `${canary}-3` } }),
  );
  await asAgent('get', 'secret', 'db', '-o', 'yaml');
  await asAgent(
    'create',
    '-f',
    file('generated.yaml', configMap('', {}, { name: undefined, generateName: 'run-' })),
  );
  await asAgent('create', '-f', file('database.yaml', database(3)));
  await asAgent('patch', 'database', 'ledger', '--type=merge', '-p', '{"spec":{"size":5}}');
  expect(
    await failing('patch', 'database', 'ledger', '--type=merge', '-p', '{"spec":{"size":50}}'),
  ).toContain('Invalid value');
  await asAgent('get', 'databases');
  await asAgent('get', 'database', 'ledger', '-o', 'yaml');
  logged = (await asAgent('logs', 'victim')).stdout;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'victim', namespace: 'payments' },
  };
  await asAgent(
    'create',
    '--raw',
    '/api/v1/namespaces/payments/pods/victim/eviction',
    '-f',
    file('eviction.json', eviction),
  );
  await asAgent('get', 'configmap', 'note', '-o', 'yaml');
}

beforeAll(async () => {
  await buildCli();
  kubectl = await nativeTool('kubectl');
  gateway = await startWideGateway();
  auditor = await new HostileTokens(gateway.laptop.identityProvider).human('bob', ['auditors']);
  await furnish();
  await work();
  await eventually(
    async () => {
      const page = AuditCommandPage.parse(
        JSON.parse(await asAuditor('commands', '--limit', '1', '-o', 'json')),
      );
      session = page.items[0]?.grantId ?? '';
      expect(await asAuditor('session', session)).toMatch(
        /pods\/eviction victim[^]*configmaps note in payments -> 200/,
      );
    },
    { timeoutMs: 90_000 },
  );
  await asAuditor('export', session, '--file', bundle);
}, 400_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(directory, { recursive: true, force: true });
});

const reportOf = async (...args: string[]) => {
  const { code, stdout, stderr } = await ended('rerun', bundle, ...args, '-o', 'json');
  expect([0, 10], stderr).toContain(code);
  return Report.parse(JSON.parse(stdout));
};
const onCluster = () => ['--kubeconfig', gateway.controlPlane.kubeconfig, '--context', 'test'];

describe('a session on a real control plane', () => {
  it('reads as a story: what each write changed, and why one did not', async () => {
    const story = await asAuditor('session', session);
    for (const told of [
      /create configmaps in payments -> 201.*\n\s+\+ ConfigMap payments\/note\n\s+\+ data\.text: "first"/,
      /patch configmaps note .*\n\s+~ data\.text: "first" -> "second"/,
      /patch configmaps note in payments \(dry-run\).*\n\s+what it would have changed is not recorded/,
      /patch configmaps ssa in payments -> 201.*\n\s+\+ ConfigMap payments\/ssa/,
      /patch configmaps ssa .*\n\s+~ data\.a: "1" -> "2"/,
      /~ spec\.template\.spec\.containers\[app\]\.image: "[^"]+3\.10" -> "[^"]+3\.9"/,
      /\+ metadata\.annotations\.by: "agent"/,
      /\+ spec\.minReadySeconds: 5/,
      /update deployments\.apps\/scale checkout .*\n\s+changed nothing/,
      /delete configmaps old .*\n\s+- ConfigMap payments\/old/,
      /deletecollection configmaps .*\n\s+- ConfigMap payments\/temporary-1\n\s+- ConfigMap payments\/temporary-2/,
      /create configmaps in payments -> 422.*\n\s+the cluster said: ConfigMap "BAD_NAME" is invalid/,
      /update configmaps settings in payments -> 409.*\n\s+the cluster said: Operation cannot be fulfilled/,
      /\+ data\.password: "\(masked\)"/,
      /~ data\.password: "\(masked\)" -> "\(masked\)", another value/,
      /\+ ConfigMap payments\/run-\w{5}\n\s+\+ metadata\.generateName: "run-"/,
      /patch databases\.data\.corp\.example ledger .*\n\s+~ spec\.size: 3 -> 5/,
      /patch databases\.data\.corp\.example ledger in payments -> 422.*\n\s+the cluster said: .*spec\.size/,
      /create pods\/eviction victim .*\n\s+- pods payments\/victim/,
    ]) {
      expect(story).toMatch(told);
    }
    expect(story).not.toContain(canary);
    expect(story).not.toContain(Buffer.from(canary).toString('base64').slice(0, 24));
  });

  it('opens without Drawbridge, by the very commands of the page', async ({ skip }) => {
    const jq = await run('jq', ['--version']).catch(() => undefined);
    const environment = await pythonEnvironment(
      join(repositoryRoot(), 'e2e/clients/asciinema/requirements.txt'),
    );
    if (jq === undefined) return skip('no jq on this machine');
    if ('missing' in environment) return skip(environment.missing);
    const page = readFileSync(join(repositoryRoot(), 'docs/replay.md'), 'utf8');
    const [, commands = ''] = /```sh\n(mkdir incident\n[^]*?)```/.exec(page) ?? [];
    expect(commands).toContain('asciinema cat');
    const cwd = mkdtempSync(join(directory, 'opened-'));
    writeFileSync(join(cwd, 'incident.tar.gz'), readFileSync(bundle));
    // The environment was made under another name, which its own scripts still have.
    mkdirSync(join(cwd, 'bin'));
    writeFileSync(
      join(cwd, 'bin/asciinema'),
      `#!/bin/sh\nexec '${environment.python}' -m asciinema "$@"\n`,
      { mode: 0o755 },
    );
    const env = {
      PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`,
      ...{ HOME: cwd, LC_ALL: 'C.UTF-8' },
    };
    const script = (text: string) => run('bash', ['-euo', 'pipefail', '-c', text], { cwd, env });
    const { stdout } = await script(commands);
    expect(stdout).toContain(`session ${session} on prod-eks`);
    expect(stdout).toMatch(/\tpatch\tdatabases\tpayments\tledger\t422\n/);
    expect(stdout).toContain('{"spec":{"size":5}}');
    expect(logged).not.toBe('');
    for (const line of logged.trimEnd().split('\n')) expect(stdout).toContain(line);
    expect(stdout).not.toContain(canary);
    const changed = `cd incident; echo >> story.txt; ${commands.split('\n')[3] ?? ''}`;
    await expect(script(changed)).rejects.toThrow(/story\.txt|checksum/);
  });

  it('is made again in the sandbox, custom resources too, every call that can be the same', async () => {
    const { calls } = await reportOf();
    expect(calls.filter(({ result }) => result === 'different')).toStrictEqual([]);
    const skipped = calls.filter(({ result }) => result === 'skipped');
    const reasons = new Set(skipped.map(({ reason }) => reason));
    expect(reasons).toStrictEqual(new Set(['not_a_resource', 'request_not_recorded', 'log']));
    // kubectl makes these in protobuf, which is not recorded: nobody could mask it.
    expect(
      skipped.filter(({ reason }) => reason === 'request_not_recorded').map(({ words }) => words),
    ).toStrictEqual(['create configmaps in payments', 'create secrets in payments']);
    const custom = calls.filter(({ words }) => words.includes('databases.data.corp.example'));
    expect(custom.map(({ result }) => result)).toStrictEqual(custom.map(() => 'same'));
    expect(custom.map(({ recordedStatus }) => recordedStatus)).toContain(422);
  });

  it('is made again on the control plane itself, only reads without --yes', async () => {
    await furnish();
    const { calls } = await reportOf(...onCluster());
    const writes = calls.filter(({ words }) => /^(create|update|patch|delete)/.test(words));
    expect(new Set(writes.map(({ result }) => result))).toStrictEqual(new Set(['skipped']));
    const { stdout } = await asAdmin('get', 'configmaps', '-n', 'payments', '-o', 'name');
    expect(stdout).not.toContain('configmap/note');
  });

  it('is made again on the control plane itself, with a result for each call', async () => {
    await furnish();
    const { calls, totals } = await reportOf(...onCluster(), '--yes');
    const different = calls.filter(({ result }) => result === 'different');
    // Of these controllers and kubelets write status, and so a new version, whenever they like.
    const moving = / (deployments\.apps(\/scale)? checkout|pods victim) in payments$/;
    expect(different.filter(({ words }) => !moving.test(words))).toStrictEqual([]);
    expect(totals.same).toBeGreaterThan(25);
    expect((await asAdmin('get', 'pods', '-n', 'payments')).stdout).not.toContain('victim');
  });

  it('is different where the control plane is in another state', async () => {
    // The session was made here a moment ago.
    const { calls } = await reportOf(...onCluster(), '--yes');
    const again = calls.find(({ words }) => words === 'create configmaps in payments');
    expect(again).toMatchObject({ result: 'different', differences: [{ path: 'status' }] });
  });

  it('is never made again through the gateway, whatever the kubeconfig calls it', async () => {
    for (const [name, from] of [
      ['path', gateway.kubeconfig],
      ['host', gateway.hostKubeconfig],
    ] as const) {
      const path = join(directory, `${name}-scratch.kubeconfig`);
      writeFileSync(path, readFileSync(from, 'utf8').replaceAll('"gateway"', '"scratch"'));
      const target = ['--kubeconfig', path, '--context', 'scratch', '--yes'];
      const { code, stderr } = await ended('rerun', bundle, ...target);
      expect([code, stderr]).toStrictEqual([4, expect.stringContaining('rerun_production_server')]);
    }
  });

  it('is never made again on what is labelled production', async () => {
    const label = ['label', 'namespace', 'kube-system', '--overwrite'];
    await asAdmin(...label, 'drawbridge.dev/environment=production');
    const { code, stderr } = await ended('rerun', bundle, ...onCluster(), '--yes');
    expect([code, stderr]).toStrictEqual([4, expect.stringContaining('rerun_production_label')]);
    await asAdmin(...label, 'drawbridge.dev/environment=scratch');
    await reportOf(...onCluster());
  });
});
