import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment } from '../manifests.js';

/** replace, patch, label, annotate, set and edit, and dry runs. */
export const changingCases: readonly ConformanceCase[] = [
  {
    name: 'dry-run=server answers as if done and stores nothing',
    since: '1.20',
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
    since: '1.20',
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
    since: '1.27',
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
    since: '1.20',
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
    since: '1.20',
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
    since: '1.27',
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
    since: '1.20',
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
    differs: 'which of the two wins is left to chance',
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
];
