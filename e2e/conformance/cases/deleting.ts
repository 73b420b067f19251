import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment, manifest } from '../manifests.js';

/** delete, owners and finalizers, and namespaces. */
export const deletingCases: readonly ConformanceCase[] = [
  {
    name: 'delete removes by name, by label, by manifest and all of a kind',
    since: '1.20',
    run: async (kube) => {
      const label = { doomed: 'yes' };
      await kube.apply(
        manifest(
          ...['a', 'b', 'c', 'd'].map((name) => configMap(name, {}, name < 'c' ? label : {})),
        ),
      );
      assert.match(
        await kube.ok(['delete', 'cm', '-l', 'doomed=yes']),
        /^configmap "a" deleted.*\nconfigmap "b" deleted.*\n$/,
      );
      assert.match(
        await kube.ok(['delete', '-f', '-'], { stdin: configMap('c', {}) }),
        /^configmap "c" deleted/,
      );
      assert.equal(
        await kube.fails(['delete', 'cm', 'c']),
        'Error from server (NotFound): configmaps "c" not found\n',
      );
      assert.equal(await kube.ok(['delete', 'cm', 'c', '--ignore-not-found']), '');
      await kube.ok(['create', 'serviceaccount', 'robot']);
      await kube.ok(['delete', 'cm', '--all']);
      assert.match(await kube.fails(['get', 'cm', 'd']), /NotFound/);
    },
  },
  {
    name: 'delete --raw of a collection removes what the selector selects',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(manifest(configMap('a', {}, { doomed: 'yes' }), configMap('b', {})));
      const answer: unknown = JSON.parse(
        await kube.ok([
          'delete',
          '--raw',
          `/api/v1/namespaces/${kube.namespace}/configmaps?labelSelector=doomed%3Dyes`,
        ]),
      );
      assert.partialDeepStrictEqual(answer, {
        kind: 'ConfigMapList',
        items: [{ metadata: { name: 'a' } }],
      });
      assert.match(await kube.fails(['get', 'cm', 'a']), /NotFound/);
      await kube.ok(['get', 'cm', 'b']);
    },
  },
  {
    name: 'deleting a deployment takes its replica sets and pods along',
    run: async (kube) => {
      await kube.apply(deployment({ replicas: 2 }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.match(
        await kube.ok(['delete', 'deployment', 'web']),
        /^deployment\.apps "web" deleted/,
      );
      await kube.ok(['wait', '--for=delete', 'rs,pods', '-l', 'app=web', '--timeout=60s']);
    },
  },
  {
    name: 'delete --cascade=foreground waits for the dependents',
    run: async (kube) => {
      await kube.apply(deployment({ replicas: 2 }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      await kube.ok(['delete', 'deployment', 'web', '--cascade=foreground', '--timeout=60s']);
      assert.equal(await kube.ok(['get', 'rs,pods', '-l', 'app=web', '-o', 'name']), '');
    },
  },
  {
    name: 'delete --cascade=orphan leaves the replica set, which a new deployment adopts',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const set = (await kube.ok(['get', 'rs', '-o', 'name'])).trim();
      await kube.ok(['delete', 'deployment', 'web', '--cascade=orphan']);
      assert.equal(await kube.field(set, '.metadata.ownerReferences'), '');
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.equal((await kube.ok(['get', 'rs', '-o', 'name'])).trim(), set);
      assert.equal(await kube.field(set, '.metadata.ownerReferences[0].name'), 'web');
    },
  },
  {
    name: 'a finalizer keeps an object until it is taken away',
    run: async (kube) => {
      await kube.apply(configMap('kept', {}));
      const finalizers = (value: string) => [
        'patch',
        'cm',
        'kept',
        '--type=merge',
        '-p',
        `{"metadata":{"finalizers":${value}}}`,
      ];
      await kube.ok(finalizers('["example.test/hold"]'));
      assert.match(
        await kube.ok(['delete', 'cm', 'kept', '--wait=false']),
        /^configmap "kept" deleted/,
      );
      assert.notEqual(await kube.field('cm/kept', '.metadata.deletionTimestamp'), '');
      assert.match(
        await kube.fails(finalizers('["example.test/hold","example.test/more"]')),
        /no new finalizers can be added if the object is being deleted/,
      );
      await kube.ok(finalizers('null'));
      assert.match(await kube.fails(['get', 'cm', 'kept']), /NotFound/);
    },
  },
  {
    name: 'an owner reference to an object that is deleted deletes the dependent',
    run: async (kube) => {
      await kube.apply(configMap('owner', {}));
      const uid = await kube.field('cm/owner', '.metadata.uid');
      const dependent = JSON.parse(configMap('dependent', {})) as {
        metadata: Record<string, unknown>;
      };
      dependent.metadata['ownerReferences'] = [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid },
      ];
      await kube.apply(JSON.stringify(dependent));
      await kube.ok(['delete', 'cm', 'owner']);
      await kube.ok(['wait', '--for=delete', 'cm/dependent', '--timeout=60s']);
    },
  },
  {
    name: 'delete --force --grace-period=0 removes a pod at once and warns',
    run: async (kube) => {
      await kube.ok(['run', 'box', '--image', 'registry.test/box:1']);
      await kube.ok(['wait', '--for=condition=Ready', 'pod/box', '--timeout=30s']);
      const { stderr, exitCode } = await kube.run([
        'delete',
        'pod',
        'box',
        '--force',
        '--grace-period=0',
      ]);
      assert.equal(exitCode, 0);
      assert.match(stderr, /Warning: Immediate deletion does not wait for confirmation/);
      assert.match(await kube.fails(['get', 'pod', 'box']), /NotFound/);
    },
  },
  {
    name: 'deleting a namespace empties it first, and refuses new content meanwhile',
    run: async (kube) => {
      const name = `${kube.namespace}-doomed`;
      await kube.ok(['create', 'namespace', name]);
      await kube.ok(['create', 'configmap', 'held', '-n', name]);
      const hold = (value: string) => [
        'patch',
        'cm',
        'held',
        '-n',
        name,
        '--type=merge',
        '-p',
        `{"metadata":{"finalizers":${value}}}`,
      ];
      await kube.ok(hold('["example.test/hold"]'));
      await kube.ok(['delete', 'namespace', name, '--wait=false']);
      assert.match(await kube.ok(['get', 'namespace', name]), new RegExp(`${name} +Terminating`));
      assert.match(
        await kube.fails(['create', 'configmap', 'late', '-n', name]),
        new RegExp(
          `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
        ),
      );
      await kube.ok(hold('null'));
      await kube.ok(['wait', '--for=delete', `namespace/${name}`, '--timeout=60s']);
    },
  },
  {
    name: 'delete --now and --wait=false return while the pod is stopping',
    run: async (kube) => {
      await kube.ok(['run', 'box', '--image', 'registry.test/box:1']);
      await kube.ok(['wait', '--for=condition=Ready', 'pod/box', '--timeout=30s']);
      assert.match(await kube.ok(['delete', 'pod', 'box', '--wait=false']), /^pod "box" deleted/);
      await kube.ok(['wait', '--for=delete', 'pod/box', '--timeout=60s']);
    },
  },
];
