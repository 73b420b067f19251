import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment, manifest } from '../manifests.js';

/** create and run, and what they refuse. */
export const creatingCases: readonly ConformanceCase[] = [
  {
    name: 'create makes namespaces, configmaps, deployments, services, jobs and accounts from flags',
    run: async (kube) => {
      assert.equal(
        await kube.ok(['create', 'configmap', 'settings', '--from-literal', 'color=blue']),
        'configmap/settings created\n',
      );
      assert.equal(await kube.field('cm/settings', '.data.color'), 'blue');
      assert.equal(
        await kube.ok([
          'create',
          'deployment',
          'shop',
          '--image',
          'registry.test/shop:1',
          '--replicas',
          '2',
          '--port',
          '80',
        ]),
        'deployment.apps/shop created\n',
      );
      assert.equal(await kube.field('deployment/shop', '.spec.replicas'), '2');
      await kube.ok(['create', 'service', 'clusterip', 'shop', '--tcp', '80:8080']);
      assert.match(
        await kube.ok(['get', 'service', 'shop']),
        /shop +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/,
      );
      await kube.ok(['create', 'serviceaccount', 'robot']);
      await kube.ok(['create', 'job', 'once', '--image', 'registry.test/job:1']);
      await kube.ok([
        'create',
        'cronjob',
        'nightly',
        '--image',
        'registry.test/job:1',
        '--schedule',
        '0 3 * * *',
      ]);
      assert.match(
        await kube.ok(['get', 'cronjobs']),
        /nightly +0 3 \* \* \* +<none> +False +0 +<none>/,
      );
    },
  },
  {
    name: 'run creates a pod that becomes ready',
    run: async (kube) => {
      assert.equal(
        await kube.ok(['run', 'box', '--image', 'registry.test/box:1']),
        'pod/box created\n',
      );
      await kube.ok(['wait', '--for=condition=Ready', 'pod/box', '--timeout=30s']);
      assert.equal(await kube.field('pod/box', '.status.phase'), 'Running');
    },
  },
  {
    name: 'create refuses a name that is taken',
    run: async (kube) => {
      await kube.ok(['create', 'configmap', 'settings']);
      assert.equal(
        await kube.fails(['create', 'configmap', 'settings']),
        'error: failed to create configmap: configmaps "settings" already exists\n',
      );
      assert.equal(
        await kube.fails(['create', '-f', '-'], { stdin: configMap('settings', {}) }),
        'Error from server (AlreadyExists): error when creating "STDIN": configmaps "settings" already exists\n',
      );
    },
  },
  {
    name: 'create with generateName makes a new name each time',
    run: async (kube) => {
      const stdin = JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'run-' },
      });
      const first = await kube.ok(['create', '-f', '-', '-o', 'name'], { stdin });
      const second = await kube.ok(['create', '-f', '-', '-o', 'name'], { stdin });
      assert.match(first, /^configmap\/run-[a-z0-9]{5}\n$/);
      assert.notEqual(first, second);
    },
  },
  {
    name: 'create refuses invalid objects and names every field',
    since: '1.20',
    run: async (kube) => {
      const badName = await kube.fails(['create', 'configmap', 'Bad_Name']);
      assert.match(
        badName,
        /ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
      );
      const object = JSON.parse(deployment()) as {
        spec: { template: { metadata: object; spec: object } };
      };
      object.spec.template.metadata = { labels: { other: 'label' } };
      object.spec.template.spec = { containers: [] };
      const several = await kube.fails(['create', '-f', '-'], { stdin: JSON.stringify(object) });
      assert.match(several, /The Deployment "web" is invalid:/);
      assert.match(
        several,
        /\* spec\.template\.metadata\.labels: Invalid value: \{"other":"label"\}: `selector` does not match template `labels`/,
      );
      assert.match(several, /\* spec\.template\.spec\.containers: Required value/);
    },
  },
  {
    name: 'create refuses unknown fields by default and warns with --validate=warn',
    run: async (kube) => {
      const object = JSON.parse(deployment()) as { spec: Record<string, unknown> };
      object.spec['replicaz'] = 3;
      const stdin = JSON.stringify(object);
      const refused = await kube.fails(['create', '-f', '-'], { stdin });
      assert.match(refused, /strict decoding error: unknown field "spec\.replicaz"/);
      const warned = await kube.run(['create', '-f', '-', '--validate=warn'], { stdin });
      assert.equal(warned.exitCode, 0);
      assert.match(warned.stderr, /Warning: unknown field "spec\.replicaz"/);
    },
  },
  {
    name: 'create refuses a field of the wrong type',
    run: async (kube) => {
      const object = JSON.parse(deployment()) as { spec: Record<string, unknown> };
      object.spec['replicas'] = 'three';
      const refused = await kube.fails(['create', '-f', '-'], { stdin: JSON.stringify(object) });
      assert.match(
        refused,
        /Deployment in version "v1" cannot be handled as a Deployment: .*json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
      );
    },
  },
  {
    name: 'create in a namespace that does not exist is refused',
    run: async (kube) => {
      assert.equal(
        await kube.fails(['create', 'configmap', 'x', '-n', 'no-such-place']),
        'error: failed to create configmap: namespaces "no-such-place" not found\n',
      );
    },
  },
  {
    name: 'manifests with several objects and lists are created in one go',
    run: async (kube) => {
      const list = {
        apiVersion: 'v1',
        kind: 'List',
        items: [JSON.parse(configMap('one', {})), JSON.parse(configMap('two', {}))] as unknown[],
      };
      const created = await kube.ok(['create', '-f', '-'], {
        stdin: manifest(JSON.stringify(list), configMap('three', {})),
      });
      assert.equal(
        created,
        'configmap/one created\nconfigmap/two created\nconfigmap/three created\n',
      );
    },
  },
];
