import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeTool } from '@drawbridge/testing';
import { compareConformance } from '../conformance/compare-conformance.js';
import {
  kubectlReleases,
  type ConformanceCase,
  type KubectlRelease,
} from '../conformance/conformance-case.js';
import { clusterConformance } from '../conformance/kubectl-conformance.js';
import { KubectlSession } from '../conformance/kubectl-session.js';
import { startMetricsApi } from '../src/metrics-api.js';
import { startWideGateway, type WideGateway } from '../src/wide-gateway.js';

const newest: KubectlRelease = '1.36';
const nameOf = (release: KubectlRelease) => (release === newest ? 'kubectl' : `kubectl-${release}`);

let gateway: WideGateway;
let stopMetrics: () => Promise<void>;
const programs = new Map<KubectlRelease, string>();

beforeAll(async () => {
  for (const release of kubectlReleases) programs.set(release, await nativeTool(nameOf(release)));
  gateway = await startWideGateway();
  stopMetrics = await startMetricsApi(gateway.controlPlane);
});

afterAll(async () => {
  await stopMetrics();
  await gateway.stop();
});

/** Older releases drop the path of the address with `--raw`, so a host name stands for the connection. */
function waysOf(release: KubectlRelease) {
  const kubectl = programs.get(release) ?? '';
  const { kubeconfig, hostKubeconfig, controlPlane } = gateway;
  return {
    gateway: { kubectl, kubeconfig: release === newest ? kubeconfig : hostKubeconfig },
    direct: { kubectl, kubeconfig: controlPlane.kubeconfig },
  };
}

const isAtLeast = (release: KubectlRelease, since: KubectlRelease) =>
  kubectlReleases.indexOf(release) >= kubectlReleases.indexOf(since);

/** Not what reads values of secrets, which come masked (below). */
const offered = clusterConformance.filter(({ name }) => !/secret/i.test(name));

const runs = kubectlReleases.map((release) => ({
  release,
  cases: offered.filter(({ since = newest }) => isAtLeast(release, since)),
}));

describe.each(runs)('kubectl $release, directly and through the gateway', ({ release, cases }) => {
  const compare = async (each: ConformanceCase) => compareConformance(each, waysOf(release));
  it.concurrent.each(cases.filter(({ alone = false }) => !alone))('$name', compare, 180_000);
  it.each(cases.filter(({ alone = false }) => alone))('$name', compare, 180_000);
});

const refused = [
  {
    what: 'acting as somebody else',
    command: ['get', 'pods', '--as', 'system:admin'],
    refusal: /impersonation_refused/,
  },
  {
    what: 'tokens of service accounts',
    command: ['create', 'token', 'default'],
    refusal: /token_request_refused/,
  },
  {
    what: 'the network behind the API server',
    command: ['get', '--raw', '/api/v1/namespaces/default/services/metrics/proxy/'],
    refusal: /proxy_subresource_refused/,
  },
];

describe('through the gateway, whatever the grant says', () => {
  it('the script has at least 80 commands for the newest kubectl, 30 for each older one', () => {
    const counts = runs.map(({ release, cases }) => [release, cases.length] as const);
    for (const [release, count] of counts) {
      expect(count, release).toBeGreaterThanOrEqual(release === newest ? 80 : 30);
    }
  });

  it('shows secrets without their values, and takes none of its placeholders back', async () => {
    const { gateway: cluster } = waysOf(newest);
    const kube = new KubectlSession(cluster, 'default', gateway.directory);
    await kube.ok(['create', 'secret', 'generic', 'db', '--from-literal', 'password=hunter2']);
    const byType = ['get', 'secrets', '--field-selector', 'type=Opaque', '-o', 'name'];
    expect(await kube.ok(byType)).toBe('secret/db\n');
    const encoded = await kube.field('secret/db', '.data.password');
    const shown = Buffer.from(encoded, 'base64').toString();
    expect(shown).toMatch(/^drawbridge:masked:secret:[0-9a-f]{8}:[\w-]{22}$/);
    const change = ['patch', 'secret', 'db', '-p', JSON.stringify({ data: { password: encoded } })];
    expect(await kube.fails(change)).toMatch(/masked_value_written/);
    const direct = new KubectlSession(waysOf(newest).direct, 'default', gateway.directory);
    expect(await direct.field('secret/db', '.data.password')).toBe('aHVudGVyMg==');
    await kube.ok(['delete', 'secret', 'db']);
  });

  it.each(refused)('refuses $what', async ({ command, refusal }) => {
    const { gateway: cluster } = waysOf(newest);
    const kube = new KubectlSession(cluster, 'default', gateway.directory);
    const { exitCode, stderr } = await kube.run(command);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(refusal);
  });
});
