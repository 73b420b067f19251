import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import type { KubectlSession } from '../kubectl-session.js';
import { configMap, deployment, manifest } from '../manifests.js';

async function threeMaps(kube: KubectlSession): Promise<void> {
  await kube.apply(
    manifest(
      configMap('alpha', { a: '1' }, { tier: 'front', app: 'shop' }),
      configMap('beta', { b: '2', c: '3' }, { tier: 'back', app: 'shop' }),
      configMap('gamma', {}, { tier: 'back' }),
    ),
  );
}

const names = (output: string): readonly string[] => output.trim().split('\n').sort();

/** get and describe. */
export const readingCases: readonly ConformanceCase[] = [
  {
    name: 'get prints a table with a header, the data count and the age',
    since: '1.20',
    run: async (kube) => {
      await threeMaps(kube);
      const lines = (await kube.ok(['get', 'configmaps', 'alpha', 'beta'])).trimEnd().split('\n');
      assert.match(lines[0] ?? '', /^NAME +DATA +AGE$/);
      assert.match(lines[1] ?? '', /^alpha +1 +\d+s$/);
      assert.match(lines[2] ?? '', /^beta +2 +\d+s$/);
    },
  },
  {
    name: 'get --no-headers and --show-labels and -L change the table',
    run: async (kube) => {
      await threeMaps(kube);
      assert.match(await kube.ok(['get', 'cm', 'alpha', '--no-headers']), /^alpha +1 +\d+s\n$/);
      assert.match(await kube.ok(['get', 'cm', 'alpha', '--show-labels']), /app=shop,tier=front/);
      const column = await kube.ok(['get', 'cm', 'alpha', '-L', 'tier']);
      assert.match(column, /^NAME +DATA +AGE +TIER\nalpha +1 +\d+s +front\n$/);
    },
  },
  {
    name: 'get -o name, json, yaml, jsonpath, go-template and custom-columns agree',
    since: '1.20',
    run: async (kube) => {
      await threeMaps(kube);
      assert.equal(await kube.ok(['get', 'cm', 'alpha', '-o', 'name']), 'configmap/alpha\n');
      const object = await kube.json(['get', 'cm', 'alpha']);
      assert.partialDeepStrictEqual(object, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { a: '1' },
        metadata: { name: 'alpha', namespace: kube.namespace },
      });
      assert.match(
        await kube.ok(['get', 'cm', 'alpha', '-o', 'yaml']),
        /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\n/,
      );
      assert.equal(await kube.field('cm/alpha', '.data.a'), '1');
      const template = await kube.ok(['get', 'cm', 'alpha', '-o', 'go-template={{.data.a}}']);
      assert.equal(template, '1');
      const columns = await kube.ok([
        'get',
        'cm',
        'alpha',
        '-o',
        'custom-columns=N:.metadata.name,T:.metadata.labels.tier',
      ]);
      assert.equal(columns, 'N       T\nalpha   front\n');
    },
  },
  {
    name: 'get -o wide shows containers, images and selector of a deployment',
    run: async (kube) => {
      await kube.apply(deployment({ extraContainer: true }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const wide = await kube.ok(['get', 'deployment', 'web', '-o', 'wide']);
      assert.match(
        wide,
        /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\n/,
      );
      assert.match(
        wide,
        /web +1\/1 +1 +1 +\d+s +web,side +registry\.test\/web:1,registry\.test\/side:1 +app=web\n$/,
      );
    },
  },
  {
    name: 'get pods shows ready, status, restarts, and wide adds address and node',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const plain = await kube.ok(['get', 'pods']);
      assert.match(
        plain,
        /^NAME +READY +STATUS +RESTARTS +AGE\nweb-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\d+s\n$/,
      );
      const wide = await kube.ok(['get', 'pods', '-o', 'wide']);
      assert.match(wide, /IP +NODE +NOMINATED NODE +READINESS GATES\n/);
      assert.match(wide, / \d+\.\d+\.\d+\.\d+ +\S+ +<none> +<none>\n$/);
    },
  },
  {
    name: 'get of several kinds and of all prints kind-prefixed names',
    run: async (kube) => {
      await kube.apply(manifest(deployment(), configMap('alpha', {})));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const mixed = await kube.ok(['get', 'deployment/web', 'configmap/alpha', '-o', 'name']);
      assert.equal(mixed, 'deployment.apps/web\nconfigmap/alpha\n');
      const all = names(await kube.ok(['get', 'all', '-o', 'name'])).join(' ');
      assert.match(all, /^deployment\.apps\/web pod\/web-\S+ replicaset\.apps\/web-\S+$/);
    },
  },
  {
    name: 'label selectors select by equality, inequality, set, existence and absence',
    since: '1.20',
    run: async (kube) => {
      await threeMaps(kube);
      const selected = async (selector: string) =>
        names(await kube.ok(['get', 'cm', '-l', selector, '-o', 'name']));
      assert.deepEqual(await selected('tier=back'), ['configmap/beta', 'configmap/gamma']);
      assert.deepEqual(await selected('tier!=back,app'), ['configmap/alpha']);
      assert.deepEqual(await selected('tier in (front,back),app=shop'), [
        'configmap/alpha',
        'configmap/beta',
      ]);
      assert.deepEqual(await selected('tier notin (front),!app'), [
        'configmap/gamma',
        'configmap/kube-root-ca.crt',
      ]);
    },
  },
  {
    name: 'field selectors select by name and phase, and refuse other fields',
    run: async (kube) => {
      await threeMaps(kube);
      const byName = await kube.ok([
        'get',
        'cm',
        '--field-selector',
        'metadata.name=beta',
        '-o',
        'name',
      ]);
      assert.equal(byName, 'configmap/beta\n');
      const none = await kube.run(['get', 'pods', '--field-selector', 'status.phase=Failed']);
      assert.equal(none.stderr, `No resources found in ${kube.namespace} namespace.\n`);
      const refused = await kube.fails(['get', 'cm', '--field-selector', 'data.a=1']);
      assert.match(
        refused,
        /Unable to find "\/v1, Resource=configmaps" that match label selector "", field selector "data\.a=1": "data\.a" is not a known field selector: only "metadata\.name", "metadata\.namespace"/,
      );
    },
  },
  {
    name: 'get --chunk-size pages through a list without losing or repeating anything',
    differs: 'it prints how it went about it',
    run: async (kube) => {
      const maps = Array.from({ length: 25 }, (_, index) =>
        configMap(`map-${index + 10}`, {}, { paged: 'yes' }),
      );
      await kube.apply(manifest(...maps));
      const paged = await kube.run([
        'get',
        'cm',
        '-l',
        'paged=yes',
        '-o',
        'name',
        '--chunk-size=7',
        '-v=8',
      ]);
      assert.equal(new Set(paged.stdout.trim().split('\n')).size, 25);
      assert.match(paged.stderr, /limit=7/);
      assert.match(paged.stderr, /continue=/);
    },
  },
  {
    name: 'get --raw returns lists, pages with continue tokens and remaining counts',
    since: '1.20',
    run: async (kube) => {
      await threeMaps(kube);
      const path = `/api/v1/namespaces/${kube.namespace}/configmaps?limit=2`;
      const first: unknown = JSON.parse(await kube.ok(['get', '--raw', path]));
      assert.partialDeepStrictEqual(first, {
        kind: 'ConfigMapList',
        apiVersion: 'v1',
        metadata: { remainingItemCount: 2 },
        items: [{ metadata: { name: 'alpha' } }, { metadata: { name: 'beta' } }],
      });
      const token = (first as { metadata: { continue: string } }).metadata.continue;
      const rest: unknown = JSON.parse(
        await kube.ok(['get', '--raw', `${path}&continue=${encodeURIComponent(token)}`]),
      );
      assert.partialDeepStrictEqual(rest, {
        items: [{ metadata: { name: 'gamma' } }, { metadata: { name: 'kube-root-ca.crt' } }],
      });
    },
  },
  {
    name: 'get of something absent says what was not found and ends with 1',
    since: '1.20',
    run: async (kube) => {
      const absent = await kube.run(['get', 'deployment', 'nope']);
      assert.deepEqual(absent, {
        stdout: '',
        stderr: 'Error from server (NotFound): deployments.apps "nope" not found\n',
        exitCode: 1,
      });
      assert.equal(await kube.ok(['get', 'configmap', 'nope', '--ignore-not-found']), '');
      assert.equal(
        await kube.fails(['get', 'gizmos']),
        'error: the server doesn\'t have a resource type "gizmos"\n',
      );
    },
  },
  {
    name: 'get --raw of an unknown path and of a wrong method are refused',
    since: '1.20',
    run: async (kube) => {
      assert.equal(
        await kube.fails(['get', '--raw', '/api/v1/gizmos']),
        'Error from server (NotFound): the server could not find the requested resource\n',
      );
      assert.equal(
        await kube.fails(['delete', '--raw', '/api/v1/configmaps']),
        'Error from server (MethodNotAllowed): the server does not allow this method on the requested resource\n',
      );
    },
  },
  {
    name: 'describe shows a deployment with its template, conditions and scaling events',
    run: async (kube) => {
      await kube.apply(deployment({ env: { COLOR: 'blue' }, replicas: 2 }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const text = await kube.ok(['describe', 'deployment', 'web']);
      assert.match(text, /^Name: +web\n/);
      assert.match(
        text,
        /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/,
      );
      assert.match(text, /StrategyType: +RollingUpdate/);
      assert.match(text, /COLOR: +blue/);
      assert.match(text, /Available +True +MinimumReplicasAvailable/);
      assert.match(text, /Progressing +True +NewReplicaSetAvailable/);
      assert.match(text, /NewReplicaSet: +web-\S+ \(2\/2 replicas created\)/);
      assert.match(
        text,
        /ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-\S+ from 0 to 2/,
      );
    },
  },
  {
    name: 'describe shows pods, namespaces, nodes and services',
    differs: 'it tells what else runs in the cluster',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['expose', 'deployment', 'web', '--port', '80', '--target-port', '8080']);
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const pod = await kube.ok(['describe', 'pods', '-l', 'app=web']);
      assert.match(pod, /Controlled By: +ReplicaSet\/web-/);
      assert.match(pod, /Ready +True/);
      assert.match(pod, /Scheduled +\S+ +default-scheduler +Successfully assigned/);
      assert.match(
        await kube.ok(['describe', 'service', 'web']),
        /Type: +ClusterIP[\s\S]+TargetPort: +8080\/TCP/,
      );
      assert.match(await kube.ok(['describe', 'namespace', kube.namespace]), /Status: +Active/);
      assert.match(await kube.ok(['describe', 'nodes']), /Ready +True/);
    },
  },
  {
    name: 'secrets are created, read, selected by type, and described without their values',
    run: async (kube) => {
      await kube.ok(['create', 'secret', 'generic', 'db', '--from-literal', 'password=hunter2']);
      assert.equal(await kube.field('secret/db', '.data.password'), 'aHVudGVyMg==');
      const byType = ['get', 'secrets', '--field-selector', 'type=Opaque', '-o', 'name'];
      assert.equal(await kube.ok(byType), 'secret/db\n');
      const described = await kube.ok(['describe', 'secret', 'db']);
      assert.match(described, /password: +7 bytes/);
      assert.doesNotMatch(described, /hunter2/);
    },
  },
  {
    name: 'get events shows what happened to an object',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const events = await kube.ok([
        'get',
        'events',
        '--field-selector',
        'involvedObject.name=web',
      ]);
      assert.match(events, /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
      assert.match(
        events,
        /Normal +ScalingReplicaSet +deployment\/web +Scaled up replica set web-\S+ from 0 to 1/,
      );
      assert.match(await kube.ok(['events', '--for', 'deployment/web']), /ScalingReplicaSet/);
    },
  },
];
