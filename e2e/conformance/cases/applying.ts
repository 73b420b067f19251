import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment, manifest } from '../manifests.js';

const env = '.spec.template.spec.containers[0].env';

/** Client-side and server-side apply, and diff. */
export const applyingCases: readonly ConformanceCase[] = [
  {
    name: 'apply creates, leaves unchanged and configures',
    since: '1.20',
    run: async (kube) => {
      assert.equal(await kube.apply(deployment()), 'deployment.apps/web created\n');
      assert.equal(await kube.apply(deployment()), 'deployment.apps/web unchanged\n');
      assert.equal(
        await kube.apply(deployment({ replicas: 2 })),
        'deployment.apps/web configured\n',
      );
      assert.equal(await kube.field('deployment/web', '.spec.replicas'), '2');
    },
  },
  {
    name: 'apply removes what the manifest no longer has: a label, a container, its environment',
    run: async (kube) => {
      await kube.apply(
        deployment({ env: { A: '1', B: '2' }, extraContainer: true, labels: { team: 'a' } }),
      );
      await kube.apply(deployment({ env: { A: '1' } }));
      assert.equal(await kube.field('deployment/web', env), '[{"name":"A","value":"1"}]');
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[*].name'),
        'web',
      );
      assert.equal(await kube.field('deployment/web', '.metadata.labels'), '{"app":"web"}');
      await kube.apply(deployment());
      assert.equal(await kube.field('deployment/web', env), '');
    },
  },
  {
    name: 'apply keeps what others added: a label, replicas, a second container',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['label', 'deployment', 'web', 'added=by-hand']);
      const sidecar = {
        spec: {
          template: { spec: { containers: [{ name: 'side', image: 'registry.test/side:1' }] } },
        },
      };
      await kube.ok(['patch', 'deployment', 'web', '-p', JSON.stringify(sidecar)]);
      await kube.apply(deployment({ image: 'registry.test/web:2' }));
      assert.equal(await kube.field('deployment/web', '.metadata.labels.added'), 'by-hand');
      const images = await kube.ok([
        'get',
        'deployment',
        'web',
        '-o',
        'jsonpath={range .spec.template.spec.containers[*]}{.name}={.image} {end}',
      ]);
      assert.deepEqual(images.trim().split(' ').sort(), [
        'side=registry.test/side:1',
        'web=registry.test/web:2',
      ]);
    },
  },
  {
    name: 'apply keeps the order of the manifest when a container is put first',
    run: async (kube) => {
      await kube.apply(deployment({ extraContainer: true }));
      const object = JSON.parse(deployment({ extraContainer: true })) as {
        spec: { template: { spec: { containers: unknown[] } } };
      };
      object.spec.template.spec.containers.reverse();
      object.spec.template.spec.containers.unshift({
        name: 'first',
        image: 'registry.test/first:1',
      });
      await kube.apply(JSON.stringify(object));
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[*].name'),
        'first side web',
      );
    },
  },
  {
    name: 'apply --prune removes labelled objects that left the manifest',
    run: async (kube) => {
      const labels = { set: 'one' };
      const args = ['--prune', '-l', 'set=one', '--prune-allowlist=core/v1/ConfigMap'];
      await kube.apply(
        manifest(configMap('keep', {}, labels), configMap('drop', {}, labels)),
        ...args,
      );
      const output = await kube.apply(configMap('keep', {}, labels), ...args);
      assert.equal(output, 'configmap/keep unchanged\nconfigmap/drop pruned\n');
      assert.match(await kube.fails(['get', 'cm', 'drop']), /NotFound/);
    },
  },
  {
    name: 'apply view-last-applied and edit-last-applied know the manifest',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '1' }));
      const last: unknown = JSON.parse(
        await kube.ok(['apply', 'view-last-applied', 'cm/settings', '-o', 'json']),
      );
      assert.partialDeepStrictEqual(last, { data: { a: '1' } });
    },
  },
  {
    name: 'diff ends with 0 for no difference, 1 with a diff, and changes nothing',
    since: '1.27',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const same = await kube.run(['diff', '-f', '-'], { stdin: deployment() });
      assert.deepEqual({ code: same.exitCode, out: same.stdout }, { code: 0, out: '' });
      const changed = await kube.run(['diff', '-f', '-'], {
        stdin: deployment({ image: 'registry.test/web:2' }),
      });
      assert.equal(changed.exitCode, 1);
      assert.match(changed.stdout, /^-\s+- image: registry\.test\/web:1$/m);
      assert.match(changed.stdout, /^\+\s+- image: registry\.test\/web:2$/m);
      const added = await kube.run(['diff', '-f', '-'], { stdin: configMap('new', { a: '1' }) });
      assert.equal(added.exitCode, 1);
      assert.match(added.stdout, /^\+kind: ConfigMap$/m);
      assert.match(
        await kube.field('deployment/web', '.spec.template.spec.containers[0].image'),
        /:1$/,
      );
    },
  },
  {
    name: 'server-side apply creates, is idempotent, and records what the manager owns',
    run: async (kube) => {
      const args = ['--server-side', '--field-manager', 'pipeline'];
      assert.equal(
        await kube.apply(deployment(), ...args),
        'deployment.apps/web serverside-applied\n',
      );
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const before = await kube.field('deployment/web', '.metadata.resourceVersion');
      await kube.apply(deployment(), ...args);
      assert.equal(await kube.field('deployment/web', '.metadata.resourceVersion'), before);
      const managers = await kube.ok([
        ...['get', 'deployment', 'web', '--show-managed-fields'],
        ...[
          '-o',
          'jsonpath={range .metadata.managedFields[*]}{.manager}/{.operation}/{.subresource} {end}',
        ],
      ]);
      assert.ok(managers.includes('pipeline/Apply/ '), managers);
      assert.ok(managers.includes('kube-controller-manager/Update/status'), managers);
      const owned = await kube.ok([
        ...['get', 'deployment', 'web', '--show-managed-fields'],
        ...[
          '-o',
          'jsonpath={.metadata.managedFields[?(@.manager=="pipeline")].fieldsV1.f:spec.f:template.f:spec}',
        ],
      ]);
      assert.deepEqual(JSON.parse(owned), {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:image': {},
            'f:name': {},
            'f:ports': {
              'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
            },
          },
        },
      });
    },
  },
  {
    name: 'server-side apply removes what its manager no longer wants and nobody else owns',
    run: async (kube) => {
      const args = ['--server-side', '--field-manager', 'pipeline'];
      await kube.apply(
        deployment({ env: { A: '1', B: '2' }, extraContainer: true, labels: { team: 'a' } }),
        ...args,
      );
      await kube.apply(deployment({ env: { B: '2' } }), ...args);
      assert.equal(await kube.field('deployment/web', env), '[{"name":"B","value":"2"}]');
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[*].name'),
        'web',
      );
      assert.equal(await kube.field('deployment/web', '.metadata.labels'), '{"app":"web"}');
    },
  },
  {
    name: 'server-side apply refuses to take a field of another manager and names both',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(deployment(), '--server-side', '--field-manager', 'pipeline');
      const refused = await kube.fails(
        ['apply', '--server-side', '--field-manager', 'other', '-f', '-'],
        {
          stdin: deployment({ image: 'registry.test/web:2' }),
        },
      );
      assert.match(
        refused,
        /^error: Apply failed with 1 conflict: conflict with "pipeline": \.spec\.template\.spec\.containers\[name="web"\]\.image\n/,
      );
      const two = await kube.fails(
        ['apply', '--server-side', '--field-manager', 'other', '-f', '-'],
        {
          stdin: deployment({ image: 'registry.test/web:2', replicas: 3 }),
        },
      );
      assert.match(
        two,
        /^error: Apply failed with 2 conflicts: conflicts with "pipeline":\n- \.spec\.replicas\n- \.spec\.template\.spec\.containers\[name="web"\]\.image\n/,
      );
    },
  },
  {
    name: 'server-side apply with --force-conflicts takes the field; the other manager then conflicts',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(
        configMap('settings', { a: '1' }),
        '--server-side',
        '--field-manager',
        'first',
      );
      await kube.apply(
        configMap('settings', { a: '2' }),
        '--server-side',
        '--field-manager',
        'second',
        '--force-conflicts',
      );
      assert.equal(await kube.field('cm/settings', '.data.a'), '2');
      const refused = await kube.fails(
        ['apply', '--server-side', '--field-manager', 'first', '-f', '-'],
        {
          stdin: configMap('settings', { a: '1' }),
        },
      );
      assert.match(refused, /conflict with "second": \.data\.a/);
    },
  },
  {
    name: 'server-side apply conflicts with what was edited and scaled by hand',
    run: async (kube) => {
      await kube.apply(
        deployment({ labels: { team: 'a' } }),
        '--server-side',
        '--field-manager',
        'pipeline',
      );
      await kube.ok(['scale', 'deployment', 'web', '--replicas=2']);
      await kube.ok(['label', 'deployment', 'web', 'team=b', '--overwrite']);
      const refused = await kube.fails(
        ['apply', '--server-side', '--field-manager', 'pipeline', '-f', '-'],
        {
          stdin: deployment({ labels: { team: 'a' } }),
        },
      );
      assert.match(refused, /Apply failed with 2 conflicts:/);
      assert.match(
        refused,
        /conflicts with "kubectl" with subresource "scale" using apps\/v1:\n- \.spec\.replicas/,
      );
      assert.match(
        refused,
        /conflicts with "kubectl-label" using apps\/v1:\n- \.metadata\.labels\.team/,
      );
    },
  },
  {
    name: 'two managers may own the same value together',
    run: async (kube) => {
      await kube.apply(
        configMap('settings', { a: '1', b: '2' }),
        '--server-side',
        '--field-manager',
        'first',
      );
      await kube.apply(
        configMap('settings', { a: '1' }),
        '--server-side',
        '--field-manager',
        'second',
      );
      await kube.apply(configMap('settings', {}), '--server-side', '--field-manager', 'first');
      assert.equal(await kube.field('cm/settings', '.data'), '{"a":"1"}');
    },
  },
  {
    name: 'moving from client-side to server-side apply keeps the object and still removes fields',
    run: async (kube) => {
      await kube.apply(deployment({ env: { A: '1', B: '2' } }));
      await kube.apply(deployment({ env: { A: '1', B: '2' } }), '--server-side');
      await kube.apply(deployment({ env: { A: '1' } }), '--server-side');
      assert.equal(await kube.field('deployment/web', env), '[{"name":"A","value":"1"}]');
      assert.equal(await kube.field('deployment/web', '.spec.template.metadata.labels.app'), 'web');
    },
  },
  {
    name: 'apply --dry-run=server and --server-side --dry-run=server store nothing',
    run: async (kube) => {
      assert.equal(
        await kube.apply(configMap('settings', { a: '1' }), '--dry-run=server'),
        'configmap/settings created (server dry run)\n',
      );
      assert.equal(
        await kube.apply(configMap('settings', { a: '1' }), '--dry-run=server', '--server-side'),
        'configmap/settings serverside-applied (server dry run)\n',
      );
      assert.match(await kube.fails(['get', 'cm', 'settings']), /NotFound/);
    },
  },
];
