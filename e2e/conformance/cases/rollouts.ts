import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';
import { deployment } from '../manifests.js';

const revision = '.metadata.annotations.deployment\\.kubernetes\\.io/revision';

/** scale, rollout and what the Deployment controller does. */
export const rolloutCases: readonly ConformanceCase[] = [
  {
    name: 'rollout status waits until every replica is there',
    run: async (kube) => {
      await kube.apply(deployment({ replicas: 3 }));
      const status = await kube.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      assert.match(status, /deployment "web" successfully rolled out\n$/);
      assert.equal(await kube.field('deployment/web', '.status.availableReplicas'), '3');
    },
  },
  {
    name: 'rollout restart replaces every pod and keeps the number that serve',
    differs: 'the time of the restart is in the name of the pods',
    run: async (kube) => {
      await kube.apply(deployment({ replicas: 3 }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const before = await kube.ok(['get', 'pods', '-l', 'app=web', '-o', 'name']);
      assert.equal(
        await kube.ok(['rollout', 'restart', 'deployment/web']),
        'deployment.apps/web restarted\n',
      );
      await kube.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      await kube.ok(['wait', '--for=delete', ...before.trim().split('\n'), '--timeout=60s']);
      const after = (await kube.ok(['get', 'pods', '-l', 'app=web', '-o', 'name']))
        .trim()
        .split('\n');
      assert.equal(after.length, 3);
      assert.ok(after.every((pod) => !before.includes(pod)));
      assert.notEqual(
        await kube.field(
          'deployment/web',
          '.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt',
        ),
        '',
      );
    },
  },
  {
    name: 'rollout history lists revisions with their cause, and undo goes back to one',
    run: async (kube) => {
      await kube.apply(deployment({ annotations: { 'kubernetes.io/change-cause': 'first' } }));
      await kube.ok(['rollout', 'status', 'deployment/web']);
      await kube.ok(['set', 'image', 'deployment/web', 'web=registry.test/web:2']);
      await kube.ok([
        'annotate',
        'deployment/web',
        'kubernetes.io/change-cause=second',
        '--overwrite',
      ]);
      await kube.ok(['rollout', 'status', 'deployment/web']);
      await kube
        .ok([
          'wait',
          '--for=jsonpath={.status.observedGeneration}=3',
          'deployment/web',
          '--timeout=10s',
        ])
        .catch(() => '');
      const history = await kube.ok(['rollout', 'history', 'deployment/web']);
      assert.match(
        history,
        /^deployment\.apps\/web \nREVISION +CHANGE-CAUSE\n1 +first\n2 +second\n/,
      );
      const detail = await kube.ok(['rollout', 'history', 'deployment/web', '--revision=1']);
      assert.match(detail, /Image:\s+registry\.test\/web:1/);
      assert.equal(
        await kube.ok(['rollout', 'undo', 'deployment/web']),
        'deployment.apps/web rolled back\n',
      );
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[0].image'),
        'registry.test/web:1',
      );
      assert.equal(await kube.field('deployment/web', revision), '3');
      await kube.ok(['rollout', 'undo', 'deployment/web', '--to-revision=2']);
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.equal(
        await kube.field('deployment/web', '.spec.template.spec.containers[0].image'),
        'registry.test/web:2',
      );
      assert.match(
        await kube.fails(['rollout', 'undo', 'deployment/web', '--to-revision=9']),
        /unable to find specified revision 9 in history/,
      );
    },
  },
  {
    name: 'rollout pause holds changes back until resume',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      assert.equal(
        await kube.ok(['rollout', 'pause', 'deployment/web']),
        'deployment.apps/web paused\n',
      );
      await kube.ok(['set', 'image', 'deployment/web', 'web=registry.test/web:2']);
      assert.match(
        await kube.fails(['rollout', 'restart', 'deployment/web']),
        /can't restart paused deployment/,
      );
      await kube.ok([
        'wait',
        '--for=condition=Progressing=Unknown',
        'deployment/web',
        '--timeout=30s',
      ]);
      assert.equal((await kube.ok(['get', 'rs', '-o', 'name'])).trim().split('\n').length, 1);
      assert.equal(
        await kube.ok(['rollout', 'resume', 'deployment/web']),
        'deployment.apps/web resumed\n',
      );
      await kube.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      assert.equal((await kube.ok(['get', 'rs', '-o', 'name'])).trim().split('\n').length, 2);
    },
  },
  {
    name: 'scale changes replicas, honours --current-replicas, and pods follow',
    run: async (kube) => {
      await kube.apply(deployment());
      assert.equal(
        await kube.ok(['scale', 'deployment/web', '--replicas=3']),
        'deployment.apps/web scaled\n',
      );
      await kube.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      assert.match(await kube.ok(['get', 'deployment', 'web']), /web +3\/3 +3 +3 /);
      assert.match(
        await kube.fails(['scale', 'deployment/web', '--replicas=1', '--current-replicas=9']),
        /Expected replicas to be 9, was 3/,
      );
      await kube.ok(['scale', 'deployment/web', '--replicas=0']);
      await kube.ok(['wait', '--for=delete', 'pods', '-l', 'app=web', '--timeout=60s']);
      assert.match(await kube.ok(['get', 'deployment', 'web']), /web +0\/0 +0 +0 /);
    },
  },
  {
    name: 'a pod of a deployment that is deleted comes back under another name',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const pod = (await kube.ok(['get', 'pods', '-o', 'name'])).trim();
      await kube.ok(['delete', pod]);
      await kube.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      const next = (await kube.ok(['get', 'pods', '-o', 'name'])).trim();
      assert.match(next, /^pod\/web-/);
      assert.notEqual(next, pod);
    },
  },
  {
    name: 'pods and replica sets carry the template hash, owner and revision of their deployment',
    run: async (kube) => {
      await kube.apply(deployment());
      await kube.ok(['rollout', 'status', 'deployment/web']);
      const set = (await kube.ok(['get', 'rs', '-o', 'name'])).trim();
      const hash = await kube.field(set, '.metadata.labels.pod-template-hash');
      assert.equal(set, `replicaset.apps/web-${hash}`);
      assert.equal(await kube.field(set, '.metadata.ownerReferences[0].kind'), 'Deployment');
      assert.equal(await kube.field(set, revision), '1');
      assert.match(
        await kube.ok(['get', 'pods', '-l', `pod-template-hash=${hash}`, '-o', 'name']),
        /^pod\/web-/,
      );
    },
  },
  {
    name: 'rollout status and restart of something absent say so',
    run: async (kube) => {
      assert.equal(
        await kube.fails(['rollout', 'status', 'deployment/nope']),
        'Error from server (NotFound): deployments.apps "nope" not found\n',
      );
      assert.equal(
        await kube.fails(['rollout', 'restart', 'deployment/nope']),
        'Error from server (NotFound): deployments.apps "nope" not found\n',
      );
    },
  },
];
