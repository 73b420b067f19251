import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment, manifest } from '../manifests.js';

/** create, replace, patch, label, annotate, set and edit. */
export const writingCases: readonly ConformanceCase[] = [
  {
    name: 'create makes namespaces, configmaps, secrets, deployments, services, jobs and accounts from flags',
    run: async (kube) => {
      assert.equal(
        await kube.ok(['create', 'configmap', 'settings', '--from-literal', 'color=blue']),
        'configmap/settings created\n',
      );
      assert.equal(await kube.field('cm/settings', '.data.color'), 'blue');
      await kube.ok(['create', 'secret', 'generic', 'db', '--from-literal', 'password=hunter2']);
      assert.equal(await kube.field('secret/db', '.data.password'), 'aHVudGVyMg==');
      assert.equal(await kube.field('secret/db', '.type'), 'Opaque');
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
    name: 'dry-run=server answers as if done and stores nothing',
    run: async (kube) => {
      assert.equal(
        await kube.ok(['create', 'configmap', 'ghost', '--dry-run=server']),
        'configmap/ghost created (server dry run)\n',
      );
      assert.match(await kube.fails(['get', 'configmap', 'ghost']), /NotFound/);
      await kube.ok(['create', 'configmap', 'real', '--from-literal', 'a=1']);
      const patched = await kube.ok([
        ...['patch', 'configmap', 'real', '--type', 'merge', '-p', '{"data":{"a":"2"}}'],
        ...['--dry-run=server', '-o', 'jsonpath={.data.a}'],
      ]);
      assert.equal(patched, '2');
      await kube.ok(['delete', 'configmap', 'real', '--dry-run=server']);
      assert.equal(await kube.field('cm/real', '.data.a'), '1');
    },
  },
  {
    name: 'replace puts a whole object, and refuses a stale one',
    run: async (kube) => {
      await kube.ok(['create', 'configmap', 'settings', '--from-literal', 'a=1']);
      const stale = await kube.ok(['get', 'configmap', 'settings', '-o', 'yaml']);
      assert.equal(
        await kube.ok(['replace', '-f', '-'], { stdin: configMap('settings', { b: '2' }) }),
        'configmap/settings replaced\n',
      );
      assert.equal(await kube.field('cm/settings', '.data'), '{"b":"2"}');
      assert.equal(
        await kube.fails(['replace', '-f', '-'], { stdin: stale }),
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again\n',
      );
      assert.match(
        await kube.fails(['replace', '-f', '-'], { stdin: configMap('absent', {}) }),
        /Error from server \(NotFound\): error when replacing "STDIN": configmaps "absent" not found/,
      );
    },
  },
  {
    name: 'replace refuses to change what is immutable',
    run: async (kube) => {
      await kube.apply(deployment());
      const object = JSON.parse(deployment()) as {
        spec: { selector: object; template: { metadata: object } };
      };
      object.spec.selector = { matchLabels: { app: 'other' } };
      object.spec.template.metadata = { labels: { app: 'other' } };
      const refused = await kube.fails(['replace', '-f', '-'], { stdin: JSON.stringify(object) });
      assert.match(
        refused,
        /The Deployment "web" is invalid: spec\.selector: Invalid value: \{"matchLabels":\{"app":"other"\}\}: field is immutable/,
      );
    },
  },
  {
    name: 'patch --type json adds, replaces, moves, tests and removes',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '1', b: '2' }));
      const patch = (operations: readonly object[]) => [
        'patch',
        'cm',
        'settings',
        '--type',
        'json',
        '-p',
        JSON.stringify(operations),
      ];
      assert.equal(
        await kube.ok(
          patch([
            { op: 'test', path: '/data/a', value: '1' },
            { op: 'replace', path: '/data/a', value: '9' },
            { op: 'move', from: '/data/b', path: '/data/c' },
            { op: 'add', path: '/data/d', value: '4' },
          ]),
        ),
        'configmap/settings patched\n',
      );
      assert.equal(await kube.field('cm/settings', '.data'), '{"a":"9","c":"2","d":"4"}');
      assert.equal(
        await kube.ok(patch([{ op: 'replace', path: '/data/a', value: '9' }])),
        'configmap/settings patched (no change)\n',
      );
      assert.match(
        await kube.fails(patch([{ op: 'test', path: '/data/a', value: '0' }])),
        /the server rejected our request due to an error in our request/,
      );
      assert.match(
        await kube.fails(patch([{ op: 'remove', path: '/data/absent' }])),
        /the server rejected our request due to an error in our request/,
      );
    },
  },
  {
    name: 'patch --type merge merges maps, replaces lists and removes with null',
    run: async (kube) => {
      await kube.apply(deployment({ extraContainer: true, labels: { team: 'a', tier: 'b' } }));
      const change = {
        metadata: { labels: { team: null, added: 'yes' } },
        spec: {
          template: { spec: { containers: [{ name: 'only', image: 'registry.test/only:1' }] } },
        },
      };
      await kube.ok([
        'patch',
        'deployment',
        'web',
        '--type',
        'merge',
        '-p',
        JSON.stringify(change),
      ]);
      assert.equal(
        await kube.field('deployment/web', '.metadata.labels'),
        '{"added":"yes","app":"web","tier":"b"}',
      );
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[*].name'),
        'only',
      );
    },
  },
  {
    name: 'patch --type strategic merges containers by name and env by name',
    run: async (kube) => {
      await kube.apply(deployment({ extraContainer: true, env: { A: '1', B: '2' } }));
      const patch = (containers: readonly object[], more: object = {}) => [
        ...['patch', 'deployment', 'web', '--type', 'strategic', '-p'],
        JSON.stringify({ spec: { template: { spec: { containers, ...more } } } }),
      ];
      await kube.ok(
        patch([
          {
            name: 'web',
            env: [
              { name: 'B', value: '9' },
              { name: 'C', value: '3' },
            ],
          },
        ]),
      );
      const env = '.spec.template.spec.containers[?(@.name=="web")].env';
      assert.equal(await kube.field('deployment/web', `${env}[*]['name','value']`), 'A B C 1 9 3');
      await kube.ok(patch([{ name: 'side', $patch: 'delete' }]));
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[*].name'),
        'web',
      );
      await kube.ok(
        patch([{ name: 'web', env: [{ $patch: 'replace' }, { name: 'Z', value: '0' }] }]),
      );
      assert.equal(await kube.field('deployment/web', `${env}[*].name`), 'Z');
    },
  },
  {
    name: 'patch with $retainKeys changes the strategy of a deployment',
    run: async (kube) => {
      await kube.apply(deployment());
      const change = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
      await kube.ok(['patch', 'deployment', 'web', '-p', JSON.stringify(change)]);
      assert.equal(await kube.field('deployment/web', '.spec.strategy'), '{"type":"Recreate"}');
    },
  },
  {
    name: 'patch of --subresource=scale changes replicas only',
    run: async (kube) => {
      await kube.apply(deployment());
      const args = [
        'patch',
        'deployment',
        'web',
        '--subresource=scale',
        '--type=merge',
        '-p',
        '{"spec":{"replicas":2}}',
      ];
      assert.equal(await kube.ok(args), 'scale.autoscaling/web patched\n');
      assert.equal(await kube.field('deployment/web', '.spec.replicas'), '2');
      assert.match(
        await kube.ok(['get', 'deployment', 'web', '--subresource=scale', '-o', 'yaml']),
        /kind: Scale/,
      );
    },
  },
  {
    name: 'label and annotate set, refuse to overwrite, overwrite and remove',
    run: async (kube) => {
      await kube.apply(configMap('settings', {}));
      assert.equal(
        await kube.ok(['label', 'cm', 'settings', 'team=a']),
        'configmap/settings labeled\n',
      );
      assert.match(
        await kube.fails(['label', 'cm', 'settings', 'team=b']),
        /'team' already has a value \(a\), and --overwrite is false/,
      );
      await kube.ok(['label', 'cm', 'settings', 'team=b', '--overwrite']);
      assert.equal(await kube.field('cm/settings', '.metadata.labels.team'), 'b');
      assert.equal(
        await kube.ok(['label', 'cm', 'settings', 'team-']),
        'configmap/settings unlabeled\n',
      );
      assert.equal(
        await kube.ok(['annotate', 'cm', 'settings', 'note=hello world']),
        'configmap/settings annotated\n',
      );
      assert.equal(await kube.field('cm/settings', '.metadata.annotations.note'), 'hello world');
      await kube.ok(['annotate', 'cm', 'settings', 'note-']);
      assert.equal(await kube.field('cm/settings', '.metadata.annotations.note'), '');
    },
  },
  {
    name: 'set image and set env change the template and start a rollout',
    run: async (kube) => {
      await kube.apply(deployment({ env: { A: '1' } }));
      assert.equal(
        await kube.ok(['set', 'image', 'deployment/web', 'web=registry.test/web:2']),
        'deployment.apps/web image updated\n',
      );
      assert.equal(
        await kube.ok(['set', 'env', 'deployment/web', 'B=2', 'A-']),
        'deployment.apps/web env updated\n',
      );
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[0].env'),
        '[{"name":"B","value":"2"}]',
      );
      await kube.ok(['set', 'resources', 'deployment/web', '--requests=cpu=100m']);
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.match(await kube.ok(['get', 'pods', '-o', 'wide', '-l', 'app=web']), /Running/);
    },
  },
  {
    name: 'edit opens an editor and stores what it leaves',
    run: async (kube) => {
      await kube.apply(configMap('settings', { color: 'blue' }));
      const editor = await kube.file(
        'editor.sh',
        '#!/bin/sh\nsed -i "s/color: blue/color: green/" "$1"\n',
        0o755,
      );
      assert.equal(
        await kube.ok(['edit', 'cm', 'settings'], { env: { EDITOR: editor } }),
        'configmap/settings edited\n',
      );
      assert.equal(await kube.field('cm/settings', '.data.color'), 'green');
      const idle = await kube.run(['edit', 'cm', 'settings'], { env: { EDITOR: 'true' } });
      assert.equal(idle.stderr + idle.stdout, 'Edit cancelled, no changes made.\n');
    },
  },
  {
    name: 'a conflicting write of two objects at once leaves exactly one winner',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '0' }));
      const read = await kube.ok(['get', 'cm', 'settings', '-o', 'json']);
      const writes = await Promise.all(
        ['1', '2', '3'].map((value) =>
          kube.run(['replace', '-f', '-'], { stdin: read.replace('"a": "0"', `"a": "${value}"`) }),
        ),
      );
      assert.equal(writes.filter(({ exitCode }) => exitCode === 0).length, 1);
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
