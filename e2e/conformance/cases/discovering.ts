import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.js';

/** Discovery, schemas, health and identity. */
export const discoveringCases: readonly ConformanceCase[] = [
  {
    name: 'api-resources lists kinds with short names, groups and verbs',
    run: async (kube) => {
      const table = await kube.ok(['api-resources']);
      assert.match(table, /^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n/);
      assert.match(table, /^deployments +deploy +apps\/v1 +true +Deployment *$/m);
      assert.match(table, /^namespaces +ns +v1 +false +Namespace *$/m);
      const scoped = await kube.ok(['api-resources', '--namespaced=false', '-o', 'name']);
      assert.match(scoped, /^nodes$/m);
      assert.doesNotMatch(scoped, /^pods$/m);
      const verbs = await kube.ok(['api-resources', '--api-group=apps', '-o', 'wide']);
      assert.match(
        verbs,
        /^deployments .*create,delete,deletecollection,get,list,patch,update,watch +all *$/m,
      );
    },
  },
  {
    name: 'api-versions and version answer',
    since: '1.20',
    run: async (kube) => {
      const versions = (await kube.ok(['api-versions'])).split('\n');
      for (const version of ['apps/v1', 'batch/v1', 'coordination.k8s.io/v1', 'v1']) {
        assert.ok(versions.includes(version), version);
      }
      const version: unknown = JSON.parse(await kube.ok(['version', '-o', 'json']));
      assert.partialDeepStrictEqual(version, { serverVersion: { major: '1' } });
    },
  },
  {
    name: 'legacy discovery, health and version are there for clients that ask for plain JSON',
    since: '1.20',
    run: async (kube) => {
      const raw = async (path: string): Promise<unknown> =>
        JSON.parse(await kube.ok(['get', '--raw', path]));
      assert.partialDeepStrictEqual(await raw('/api'), { kind: 'APIVersions', versions: ['v1'] });
      assert.partialDeepStrictEqual(await raw('/apis'), { kind: 'APIGroupList', apiVersion: 'v1' });
      assert.partialDeepStrictEqual(await raw('/apis/apps'), {
        kind: 'APIGroup',
        name: 'apps',
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      });
      assert.partialDeepStrictEqual(await raw('/apis/apps/v1'), {
        kind: 'APIResourceList',
        groupVersion: 'apps/v1',
      });
      for (const path of ['/healthz', '/livez', '/readyz']) {
        assert.equal(await kube.ok(['get', '--raw', path]), 'ok');
      }
    },
  },
  {
    name: 'explain describes kinds and fields, also recursively',
    since: '1.27',
    run: async (kube) => {
      const spec = await kube.ok(['explain', 'deployment.spec']);
      assert.match(spec, /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n/);
      assert.match(spec, /FIELD: spec <DeploymentSpec>/);
      assert.match(spec, /^ {2}selector\t<LabelSelector> -required-$/m);
      const image = await kube.ok(['explain', 'pod.spec.containers.image']);
      assert.match(image, /FIELD: image <string>/);
      assert.match(
        await kube.ok(['explain', 'configmap', '--recursive']),
        /^ {2}data\t<map\[string\]string>$/m,
      );
      assert.match(
        await kube.fails(['explain', 'deployment.spec.nonsense']),
        /field "nonsense" does not exist/,
      );
    },
  },
  {
    name: 'auth can-i and whoami answer',
    since: '1.30',
    differs: 'the gateway answers from the grant and the token',
    run: async (kube) => {
      assert.equal(await kube.ok(['auth', 'can-i', 'create', 'deployments']), 'yes\n');
      assert.match(await kube.ok(['auth', 'can-i', '--list']), /^\*\.\* +\[\] +\[\] +\[\*\]/m);
      assert.match(await kube.ok(['auth', 'whoami']), /^Username +\S+/m);
      const whoami: unknown = JSON.parse(await kube.ok(['auth', 'whoami', '-o', 'json']));
      assert.partialDeepStrictEqual(whoami, { kind: 'SelfSubjectReview' });
    },
  },
  {
    name: '-v=6 shows the requests, and Table is what get asks for',
    differs: 'it prints how it went about it',
    run: async (kube) => {
      const { stderr } = await kube.run(['get', 'cm', '-v=8']);
      assert.match(
        stderr,
        new RegExp(`/api/v1/namespaces/${kube.namespace}/configmaps\\?limit=500`),
      );
      assert.match(stderr, /as=Table/);
      assert.match(stderr, /\\?"kind\\?":\\?"Table\\?"/);
    },
  },
  {
    name: 'cluster-info finds the server and get nodes finds a ready node',
    run: async (kube) => {
      assert.match(await kube.ok(['cluster-info']), /Kubernetes control plane/);
      assert.match(await kube.ok(['get', 'nodes']), / Ready +\S+ +\S+/);
    },
  },
];
