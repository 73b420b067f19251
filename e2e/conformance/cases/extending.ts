import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import type { KubectlSession } from '../kubectl-session.js';
import { configMap, deployment } from '../manifests.js';

const gizmos = (namespace: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `gizmos.${namespace}.test` },
  spec: {
    group: `${namespace}.test`,
    scope: 'Namespaced',
    names: { plural: 'gizmos', singular: 'gizmo', kind: 'Gizmo' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                description: 'What the gizmo is.',
                properties: { size: { type: 'integer', maximum: 9 } },
              },
            },
          },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ],
  },
});

async function gizmo(kube: KubectlSession, size: number) {
  const stdin = JSON.stringify({
    apiVersion: `${kube.namespace}.test/v1`,
    kind: 'Gizmo',
    metadata: { name: 'one' },
    spec: { size },
  });
  return kube.run(['apply', '-f', '-'], { stdin });
}

/** Types and APIs that a cluster did not come with, and what only a whole API server has. */
export const extendingCases: readonly ConformanceCase[] = [
  {
    name: 'a custom resource is defined, discovered, explained, validated, listed and watched',
    differs: 'how often it takes to be served',
    alone: true,
    run: async (kube) => {
      const type = `gizmos.${kube.namespace}.test`;
      await kube.ok(['create', '-f', '-'], { stdin: JSON.stringify(gizmos(kube.namespace)) });
      try {
        await kube.ok(['wait', '--for=condition=Established', `crd/${type}`, '--timeout=30s']);
        let made = await gizmo(kube, 3);
        for (let turn = 0; made.exitCode !== 0 && turn < 20; turn += 1) made = await gizmo(kube, 3);
        assert.match(made.stdout, /gizmo\.\S+\/one created/);
        assert.match(await kube.ok(['get', type]), /^NAME +SIZE\none +3\n$/);
        assert.match((await gizmo(kube, 10)).stderr, /spec\.size: Invalid value: 10/);
        const watch = kube.start(['get', type, '--watch']);
        await watch.seen('one');
        await kube.ok(['patch', type, 'one', '--type=merge', '-p', '{"spec":{"size":5}}']);
        await watch.seen('5');
        await watch.stop();
        assert.match(
          await kube.ok(['api-resources', `--api-group=${kube.namespace}.test`]),
          /Gizmo/,
        );
      } finally {
        await kube.run(['delete', 'crd', type]);
      }
    },
  },
  {
    name: 'create makes roles, bindings, quotas, budgets, ingresses, jobs on a schedule and classes of service',
    run: async (kube) => {
      const made = [
        ['role', 'reader', '--verb=get,list', '--resource=pods,deployments.apps'],
        ['rolebinding', 'readers', '--role=reader', '--group=people', '--serviceaccount=default:x'],
        ['quota', 'small', '--hard=pods=9,configmaps=20'],
        ['poddisruptionbudget', 'web', '--selector=app=web', '--min-available=1'],
        ['ingress', 'web', '--rule=shop.test/cart*=web:80'],
        ['cronjob', 'nightly', '--image=busybox', '--schedule=0 3 * * *', '--', 'true'],
      ];
      for (const args of made) assert.match(await kube.ok(['create', ...args]), / created\n$/);
      assert.match(
        await kube.ok(['describe', 'role', 'reader']),
        /deployments\.apps .*\[get list\]/,
      );
      assert.match(await kube.ok(['describe', 'rolebinding', 'readers']), /Group +people/);
      assert.match(await kube.ok(['get', 'quota', 'small', '-o', 'yaml']), /configmaps: "20"/);
      assert.match(await kube.ok(['get', 'ingress,pdb,cronjob']), /shop\.test[\s\S]+0 3 \* \* \*/);
    },
  },
  {
    name: 'apply -k builds and applies a directory',
    run: async (kube) => {
      await kube.file('kustomization.yaml', 'namePrefix: test-\nresources: [settings.json]\n');
      await kube.file('settings.json', configMap('settings', { a: '1' }));
      const applied = await kube.ok(['apply', '-k', kube.directory]);
      assert.equal(applied, 'configmap/test-settings created\n');
      assert.equal(await kube.field('cm/test-settings', '.data.a'), '1');
    },
  },
  {
    name: 'a pod is evicted through the eviction subresource',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const pod = (
        await kube.ok(['get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}'])
      ).trim();
      const path = `/api/v1/namespaces/${kube.namespace}/pods/${pod}/eviction`;
      const metadata = { name: pod, namespace: kube.namespace };
      const stdin = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata });
      const evicted = await kube.ok(['create', '--raw', path, '-f', '-'], { stdin });
      assert.match(evicted, /"status": ?"Success"/);
      await kube.ok(['wait', '--for=delete', `pod/${pod}`, '--timeout=60s']);
    },
  },
  {
    name: 'set resources, set serviceaccount and autoscale change a deployment',
    run: async (kube) => {
      await kube.apply(deployment());
      const limits = ['set', 'resources', 'deployment/web', '--limits=cpu=100m,memory=64Mi'];
      assert.match(await kube.ok(limits), /resource requirements updated/);
      await kube.ok(['set', 'serviceaccount', 'deployment/web', 'default']);
      await kube.ok(['autoscale', 'deployment', 'web', '--min=1', '--max=3']);
      assert.match(await kube.ok(['get', 'hpa', 'web']), /Deployment\/web/);
    },
  },
  {
    name: 'a selector of 20 kB goes into the URL',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(configMap('found', {}, { is: 'v-0300' }));
      const values = Array.from({ length: 340 }, (_, index) =>
        `v-${String(index).padStart(4, '0')}-${'x'.repeat(52)}`.slice(0, index === 300 ? 6 : 62),
      );
      const selector = `is in (${values.join(',')})`;
      assert.ok(selector.length > 20_000);
      assert.equal(await kube.ok(['get', 'cm', '-l', selector, '-o', 'name']), 'configmap/found\n');
    },
  },
  {
    name: 'kubectl proxy serves the API to others',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '1' }));
      const proxy = kube.start(['proxy', '--port=0', '--append-server-path']);
      try {
        await proxy.seen('127.0.0.1:');
        const at = /127\.0\.0\.1:\d+/.exec(proxy.stdout())?.[0] ?? '';
        const path = `/api/v1/namespaces/${kube.namespace}/configmaps/settings`;
        const answer: unknown = await (await fetch(`http://${at}${path}`)).json();
        assert.partialDeepStrictEqual(answer, { kind: 'ConfigMap', data: { a: '1' } });
      } finally {
        await proxy.stop();
      }
    },
  },
];

/** What an API server answers that the cluster's own hands over to. */
export const aggregatedCases: readonly ConformanceCase[] = [
  {
    name: 'top asks an aggregated API',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.match(await kube.ok(['api-versions']), /^metrics\.k8s\.io\/v1beta1$/m);
      assert.match(await kube.ok(['top', 'node']), /fake-node +250m/);
      assert.match(await kube.ok(['top', 'pod']), /measured +120m +64Mi/);
    },
  },
];
