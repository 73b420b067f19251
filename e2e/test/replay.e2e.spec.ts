import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { takeStateDirectory } from '@drawbridge/laptop';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { HostileTokens } from '../src/hostile-tokens.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** An incident, recorded by the real gateway, is taken away, read and made again; every service in a process of its own. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-replay-'));
const state = takeStateDirectory(join(directory, 'state'));
const kubeconfig = join(directory, 'kubeconfig');
const bundle = join(directory, 'incident.tar.gz');
const note = join(directory, 'note.yaml');

const workload = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: {
    ...{ name: 'checkout', namespace: 'payments', labels: { app: 'checkout' } },
    annotations: { 'sandbox.drawbridge.dev/readiness': 'failing' },
  },
  spec: {
    ...{ replicas: 2, selector: { matchLabels: { app: 'checkout' } } },
    template: {
      metadata: { labels: { app: 'checkout' } },
      spec: { containers: [{ name: 'checkout', image: 'registry.k8s.io/pause:3.10' }] },
    },
  },
};
const secret = {
  ...{ apiVersion: 'v1', kind: 'Secret', stringData: { password: 'canary-never-shown-7f3a' } },
  metadata: { name: 'db', namespace: 'payments' },
};

const configMap = (text: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { text } },
  metadata: { name: 'note', namespace: 'payments' },
});

const Report = z.object({
  totals: z.object({ same: z.int(), different: z.int(), skipped: z.int() }),
  calls: z.array(
    z.object({
      result: z.string(),
      words: z.string(),
      reason: z.string().optional(),
      differences: z.array(z.unknown()),
      changedByOthers: z.int(),
    }),
  ),
});

let cluster: SandboxCluster;
let composition: Composition;
let kubectl: string;
let auditor: string;
let grantId: string;

const agent = () =>
  terminalOf(directory, composition, { DRAWBRIDGE_CLIENT_SECRET: demoPeople.agents[0].secret });
const asAuditor = (...args: string[]) =>
  runCli({ ...terminalOf(join(directory, 'bob'), composition, { DRAWBRIDGE_TOKEN: auditor }) }, [
    'audit',
    ...args,
  ]);
/** With the exit code of what may end with another one than 0. */
const ended = (...args: string[]) =>
  asAuditor(...args).then(
    (stdout) => ({ code: 0, stdout }),
    (error: unknown) => ({
      code: Number(Reflect.get(Object(error), 'code')),
      stdout: String(Reflect.get(Object(error), 'stdout')),
    }),
  );
/** As the agent, through the gateway. */
const use = (...args: string[]) =>
  run(
    kubectl,
    ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks', '-n', 'payments', ...args],
    {
      env: { ...agent(), PATH: process.env['PATH'] },
    },
  );
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  await buildCli();
  kubectl = await nativeTool('kubectl');
  cluster = await startSandboxCluster({ rolloutMs: 100 });
  closers.add(() => cluster.close());
  cluster.apply([workload, secret]);
  composition = await Composition.start(state, {
    server: cluster.address,
    certificateAuthority: cluster.certificateAuthority,
    credential: { type: 'bearerToken', token: cluster.adminToken },
  });
  closers.add(() => composition.stop());
  auditor = await new HostileTokens(composition.standIns.identityProvider).human('bob', [
    'auditors',
  ]);
  await runCli(agent(), ['login', '--client-id', 'agent-oncall']);
  await runCli(agent(), ['kubeconfig', '-c', 'prod-eks', '-f', kubeconfig]);
  await incident();
});
afterAll(() => closers.close());

async function granted(): Promise<AccessRequestView> {
  const asked = await runCli(agent(), [
    ...['request', '-c', 'prod-eks', '-a', 'wide', '-n', 'payments', '-d', '5m'],
    ...['-r', 'checkout fails its readiness probe', '-t', 'INC-4213', '-o', 'json'],
  ]);
  const { id } = AccessRequestView.parse(JSON.parse(asked));
  await eventually(
    async () => {
      await composition.slack.pressApprove({ requestId: id, human: 'alice' });
      const view = await runCli(agent(), ['status', id, '-o', 'json']);
      expect(AccessRequestView.parse(JSON.parse(view)).status).toBe('granted');
    },
    { timeoutMs: 60_000 },
  );
  return AccessRequestView.parse(JSON.parse(await runCli(agent(), ['status', id, '-o', 'json'])));
}

/** What an on-call agent does at three in the morning. */
async function incident(): Promise<void> {
  const view = await granted();
  grantId = view.grant?.id ?? '';
  await eventually(() => use('get', 'pods'), { timeoutMs: 60_000 });
  await use('get', 'deployment', 'checkout', '-o', 'yaml');
  await use('get', 'secret', 'db', '-o', 'yaml');
  await use('describe', 'deployment', 'checkout');
  await use('rollout', 'restart', 'deployment/checkout');
  await use('rollout', 'status', 'deployment/checkout');
  await use('get', 'pods', '-l', 'app=checkout', '-o', 'json');
  await use('scale', 'deployment/checkout', '--replicas=3');
  await use('rollout', 'status', 'deployment/checkout');
  writeFileSync(note, stringify(configMap('restarted')));
  await use('apply', '-f', note);
  writeFileSync(note, stringify(configMap('all is well')));
  await use('apply', '-f', note);
  await use('annotate', 'configmap', 'note', 'by=agent-oncall');
  await use('get', 'configmap', 'note', '-o', 'yaml');
  await expect(use('get', 'configmap', 'nothing-of-that-name')).rejects.toThrow(/NotFound/);
  await use('get', 'pods');
  await runCli(agent(), ['withdraw', view.id]);
  await eventually(
    async () => {
      const story = await asAuditor('session', grantId);
      expect(story).toMatch(/get configmaps nothing-of-that-name[^\n]*404/);
      expect(story).toContain('\nended ');
    },
    { timeoutMs: 60_000 },
  );
}

describe('an incident', () => {
  it('reads as a story: who asked why, who approved, what was changed, how it ended', async () => {
    const story = await asAuditor('session', grantId);
    expect(story).toContain('checkout fails its readiness probe (INC-4213)');
    expect(story).toMatch(/alice[^\n]*: approved in Slack/);
    expect(story).toMatch(/patch deployments\.apps checkout in payments -> 200, in /);
    expect(story).toContain(
      '+ spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]',
    );
    expect(story).toMatch(/~ spec\.replicas: 2 -> 3/);
    expect(story).toMatch(/\+ ConfigMap payments\/note\n\s+\+ data\.text: "restarted"/);
    expect(story).toContain('~ data.text: "restarted" -> "all is well"');
    expect(story).toMatch(/values? masked/);
  });

  it('is made again in an empty sandbox with every call the same', async () => {
    await asAuditor('export', grantId, '--file', bundle);
    const report = Report.parse(JSON.parse(await asAuditor('rerun', bundle, '-o', 'json')));
    const skipped = report.calls.filter(({ result }) => result === 'skipped');
    expect(report.calls.filter(({ result }) => result === 'different')).toStrictEqual([]);
    expect(skipped.length).toBeLessThan(report.totals.same);
    for (const { reason } of skipped) expect(['not_a_resource', 'watch']).toContain(reason);
    expect(report.totals.same).toBeGreaterThanOrEqual(15);
    // Pods were made and ended by controllers, which the sandbox has not.
    expect(report.calls.some(({ changedByOthers }) => changedByOthers > 0)).toBe(true);
    for (const words of [
      'patch deployments.apps',
      'create configmaps',
      'get secrets',
      'list pods',
    ]) {
      const made = report.calls.filter((call) => call.words.startsWith(words));
      expect(made.map(({ result }) => result)).toContain('same');
    }
  });

  it('is made again out of the record itself', async () => {
    const { code, stdout } = await ended('rerun', grantId);
    expect([code, stdout]).toStrictEqual([0, expect.stringContaining(' 0 different,')]);
  });

  it('is different on a cluster that is another one', async () => {
    const other = await startSandboxCluster({ namespaces: ['payments'], controllers: false });
    try {
      const { template, ...spec } = workload.spec;
      const containers = [{ name: 'checkout', image: 'registry.k8s.io/pause:3.9' }];
      const changed = { ...spec, template: { ...template, spec: { containers } } };
      other.apply([{ ...workload, spec: changed }]);
      const file = join(directory, 'other.kubeconfig');
      writeFileSync(file, other.kubeconfig());
      const target = ['--kubeconfig', file, '--context', 'sandbox', '--yes'];
      const { code, stdout } = await ended('rerun', bundle, ...target);
      expect(code).toBe(10);
      expect(stdout).toContain(
        'image: recorded "registry.k8s.io/pause:3.10", now "registry.k8s.io/pause:3.9"',
      );
    } finally {
      await other.close();
    }
  });

  it('is taken away without what was masked, and it is known by whom', async () => {
    const unpacked = mkdtempSync(join(directory, 'unpacked-'));
    await run('tar', ['-xzf', bundle, '-C', unpacked]);
    const { stdout } = await run('grep', [
      '-rlE',
      'canary-never-shown|Y2FuYXJ5LW5ldmVyLXNob3du',
      unpacked,
    ]).catch(() => ({ stdout: '' }));
    expect(stdout).toBe('');
    expect((await run(process.execPath, [join(unpacked, 'verify.mjs')])).stdout).toContain(
      'whole:',
    );
    const verified = await ended('verify', unpacked);
    expect(verified.stdout).toContain('files are what was taken out of the record');
    expect(verified.code).toBe(0);
    expect(readFileSync(join(unpacked, 'story.txt'), 'utf8')).toContain('INC-4213');
    await eventually(
      async () => expect(await asAuditor('trail', '--grant', grantId)).toMatch(/bob.*export/),
      { timeoutMs: 60_000 },
    );
  });
});
