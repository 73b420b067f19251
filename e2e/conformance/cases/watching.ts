import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { configMap, deployment } from '../manifests.js';

/** watch, wait and logs. */
export const watchingCases: readonly ConformanceCase[] = [
  {
    name: 'get --watch prints the present state and then every change',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '1' }));
      const watch = kube.start([
        'get',
        'cm',
        'settings',
        '--watch',
        '-o',
        'jsonpath={.metadata.name}={.data}{"\\n"}',
      ]);
      try {
        await watch.seen('settings={"a":"1"}');
        await kube.ok(['patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"a":"2"}}']);
        await watch.seen('settings={"a":"2"}');
      } finally {
        await watch.stop();
      }
    },
  },
  {
    name: 'get --watch-only --output-watch-events prints types, with a table per change',
    since: '1.20',
    run: async (kube) => {
      const watch = kube.start([
        'get',
        'cm',
        '-l',
        'watched=yes',
        '--watch',
        '--output-watch-events',
      ]);
      try {
        await kube.apply(configMap('first', { a: '1' }, { watched: 'yes' }));
        await watch.seen('ADDED');
        await kube.ok(['label', 'cm', 'first', 'more=yes']);
        await watch.seen('MODIFIED');
        await kube.ok(['label', 'cm', 'first', 'watched-']);
        await watch.seen('DELETED');
      } finally {
        await watch.stop();
      }
      assert.match(watch.stdout(), /^EVENT +NAME +DATA +AGE\n/);
      assert.equal(watch.stdout().match(/NAME/g)?.length, 1);
    },
  },
  {
    name: 'get pods --watch shows a rollout happening',
    run: async (kube) => {
      const watch = kube.start(['get', 'deployment', 'web', '--watch', '--ignore-not-found']);
      await watch.stop();
      await kube.apply(deployment());
      const pods = kube.start(['get', 'pods', '--watch']);
      try {
        await pods.seen('Running');
      } finally {
        await pods.stop();
      }
    },
  },
  {
    name: 'a raw watch starts after the given version and ends at its timeout',
    run: async (kube) => {
      await kube.apply(configMap('settings', { a: '1' }));
      const version = await kube.field('cm/settings', '.metadata.resourceVersion');
      await kube.ok(['label', 'cm', 'settings', 'step=two']);
      await kube.ok(['delete', 'cm', 'settings']);
      const path = `/api/v1/namespaces/${kube.namespace}/configmaps?watch=1&resourceVersion=${version}&timeoutSeconds=1&fieldSelector=metadata.name%3Dsettings`;
      const events = (await kube.ok(['get', '--raw', path]))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
      assert.deepEqual(
        events.map(({ type }) => type),
        ['MODIFIED', 'DELETED'],
      );
    },
  },
  {
    name: 'a raw watch from the beginning adds everything, and bookmarks the end of the initial events',
    since: '1.20',
    differs: 'when a bookmark comes is left to chance',
    run: async (kube) => {
      await kube.apply(configMap('settings', {}));
      const path = `/api/v1/namespaces/${kube.namespace}/configmaps?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dsettings`;
      const lines = (await kube.ok(['get', '--raw', path])).trim().split('\n');
      const events = lines.map((line) => JSON.parse(line) as { type: string; object: unknown });
      assert.equal(events[0]?.type, 'ADDED');
      assert.partialDeepStrictEqual(events[1], {
        type: 'BOOKMARK',
        object: {
          kind: 'ConfigMap',
          metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
        },
      });
    },
  },
  {
    name: 'wait for a condition, a jsonpath and a deletion',
    since: '1.27',
    run: async (kube) => {
      await kube.apply(deployment());
      assert.equal(
        await kube.ok(['wait', '--for=condition=Available', 'deployment/web', '--timeout=30s']),
        'deployment.apps/web condition met\n',
      );
      await kube.ok([
        'wait',
        '--for=jsonpath={.status.readyReplicas}=1',
        'deployment/web',
        '--timeout=30s',
      ]);
      const late = await kube.fails([
        'wait',
        '--for=condition=Nonsense',
        'deployment/web',
        '--timeout=1s',
      ]);
      assert.match(late, /timed out waiting for the condition on deployments\/web/);
      await kube.ok(['delete', 'deployment', 'web', '--wait=false']);
      await kube.ok(['wait', '--for=delete', 'deployment/web', '--timeout=30s']);
    },
  },
  {
    name: 'logs prints lines, --tail limits them, --timestamps dates them',
    since: '1.20',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const all = await kube.ok(['logs', 'deployment/web']);
      assert.ok(all.endsWith('\n') && all.length > 1, 'the log has a line');
      const last = await kube.ok(['logs', 'deployment/web', '--tail=1']);
      assert.equal(last.trimEnd().split('\n').length, 1);
      assert.equal(await kube.ok(['logs', 'deployment/web', '--tail=0']), '');
      assert.match(
        await kube.ok(['logs', 'deployment/web', '--tail=1', '--timestamps']),
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*Z .+\n$/,
      );
    },
  },
  {
    name: 'logs of a pod with several containers uses the first, a named one or all',
    since: '1.27',
    differs: 'the order of containers is left to chance',
    run: async (kube) => {
      await kube.apply(deployment({ extraContainer: true }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const plain = await kube.run(['logs', 'deployment/web']);
      assert.equal(plain.exitCode, 0);
      assert.match(plain.stderr, /Defaulted container "web" out of: web, side/);
      assert.notEqual(await kube.ok(['logs', 'deployment/web', '-c', 'side']), '');
      const prefixed = await kube.ok(['logs', '-l', 'app=web', '--all-containers', '--prefix']);
      assert.match(prefixed, /\[pod\/web-\S+\/web\] /);
      assert.match(prefixed, /\[pod\/web-\S+\/side\] /);
      assert.match(
        await kube.fails(['logs', 'deployment/web', '-c', 'nope']),
        /container nope is not valid for pod web-/,
      );
    },
  },
  {
    name: 'logs -f prints what is there and stays',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const logs = kube.start(['logs', '-f', 'deployment/web']);
      try {
        await logs.seen('\n');
      } finally {
        await logs.stop();
      }
    },
  },
  {
    name: 'logs of something absent says so',
    run: async (kube) => {
      assert.match(await kube.fails(['logs', 'nope']), /pods "nope" not found/);
      assert.match(
        await kube.fails(['logs', 'deployment/nope']),
        /deployments\.apps "nope" not found/,
      );
    },
  },
];
