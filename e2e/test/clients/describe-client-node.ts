import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import {
  AppsV1Api,
  Attach,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { deployment } from '../../conformance/manifests.js';
import { createNamespace } from './create-namespace.js';

const large = Buffer.from('all work and no play\n'.repeat(50_000));
const wait = { timeoutMs: 60_000 };

function collector() {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  // The library pipes logs into it, and leaves nobody to hear that they were broken off.
  stream.on('pipe', (source) => source.on('error', () => undefined));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

const mapCalled = (name: string, data: Record<string, string> = {}, more = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
});

/** `@kubernetes/client-node` by the gateway. */
export function describeClientNode(getGateway: () => WideGateway): void {
  const open = async (label: string) => {
    const gateway = getGateway();
    const namespace = await createNamespace(gateway, `client-node-${label}`);
    const config = new KubeConfig();
    config.loadFromFile(gateway.kubeconfig);
    return { config, namespace, directory: gateway.directory };
  };
  const runningPod = async (config: KubeConfig, namespace: string): Promise<string> => {
    const body = JSON.parse(deployment()) as object;
    await config.makeApiClient(AppsV1Api).createNamespacedDeployment({ namespace, body });
    return eventually(async () => {
      const pods = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
      const [pod] = pods.items.filter(({ status }) => status?.phase === 'Running');
      if (pod?.metadata?.name === undefined) throw new Error('no pod runs yet');
      return pod.metadata.name;
    }, wait);
  };

  describe.concurrent('@kubernetes/client-node', () => {
    it('creates, pages, patches in every way, applies and deletes', async () => {
      const { config, namespace } = await open('objects');
      const core = config.makeApiClient(CoreV1Api);
      for (let index = 0; index < 7; index += 1) {
        await core.createNamespacedConfigMap({ namespace, body: mapCalled(`map-${index}`) });
      }
      const page = await core.listNamespacedConfigMap({ namespace, limit: 5 });
      const _continue = page.metadata?._continue ?? '';
      const rest = await core.listNamespacedConfigMap({ namespace, _continue });
      expect(page.items.length + rest.items.length).toBe(8);

      const patched = async (strategy: string, body: object) => {
        const type = setHeaderOptions('Content-Type', strategy);
        const name = 'map-0';
        return (await core.patchNamespacedConfigMap({ namespace, name, body }, type)).data;
      };
      const { MergePatch, JsonPatch, StrategicMergePatch } = PatchStrategy;
      expect(await patched(MergePatch, { data: { a: '1' } })).toStrictEqual({ a: '1' });
      const add = [{ op: 'add', path: '/data/b', value: '2' }];
      expect(await patched(JsonPatch, add)).toStrictEqual({ a: '1', b: '2' });
      expect(await patched(StrategicMergePatch, { data: { a: null } })).toStrictEqual({ b: '2' });

      const objects = KubernetesObjectApi.makeApiClient(config);
      const applied = mapCalled('applied', { c: '3' }, { namespace });
      const apply = PatchStrategy.ServerSideApply;
      const stored = await objects.patch(applied, undefined, undefined, 'client-node', true, apply);
      expect(stored).toMatchObject({ metadata: { managedFields: [{ operation: 'Apply' }] } });

      await core.deleteCollectionNamespacedConfigMap({ namespace });
      await expect(core.readNamespacedConfigMap({ namespace, name: 'map-0' })).rejects.toThrow(
        /HTTP-Code: 404/,
      );
      expect((await core.listNamespacedSecret({ namespace })).items).toStrictEqual([]);
    });

    it('watches, and keeps a cache by an informer', async () => {
      const { config, namespace } = await open('watches');
      const core = config.makeApiClient(CoreV1Api);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const events: string[] = [];
      const note = (type: string, object: V1ConfigMap) =>
        events.push(`${type} ${object.metadata?.name ?? ''}`);
      const query = { fieldSelector: 'metadata.name=seen' };
      const watch = await new Watch(config).watch(path, query, note, () => undefined);
      const informer = makeInformer(config, path, () =>
        core.listNamespacedConfigMap({ namespace }),
      );
      await informer.start();
      await core.createNamespacedConfigMap({ namespace, body: mapCalled('seen') });
      await core.replaceNamespacedConfigMap({
        namespace,
        name: 'seen',
        body: mapCalled('seen', { a: '1' }),
      });
      await eventually(
        () => expect(informer.get('seen', namespace)?.data).toStrictEqual({ a: '1' }),
        wait,
      );
      await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
      await eventually(() => {
        expect(informer.get('seen', namespace)).toBeUndefined();
        expect(events).toStrictEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen']);
      }, wait);
      watch.abort();
      await informer.stop();
    });

    it('executes, attaches, forwards, copies and reads logs', async () => {
      const { config, namespace, directory } = await open('channels');
      const pod = await runningPod(config, namespace);
      const [out, err] = [collector(), collector()];
      const command = ['sh', '-c', 'wc -c; echo err >&2; exit 3'];
      const status = await new Promise<V1Status>((resolve, reject) => {
        const { stream } = out;
        new Exec(config)
          .exec(
            namespace,
            pod,
            'web',
            command,
            stream,
            err.stream,
            Readable.from([large]),
            false,
            resolve,
          )
          .catch(reject);
      });
      expect(out.text().trim()).toBe(String(large.length));
      expect(err.text()).toBe('err\n');
      expect(status.details?.causes?.[0]).toMatchObject({ reason: 'ExitCode', message: '3' });

      const [attached, typed] = [collector(), new PassThrough()];
      await new Attach(config).attach(namespace, pod, 'web', attached.stream, null, typed, false);
      typed.write('echo attached\n');
      await eventually(() => expect(attached.text()).toBe('attached\n'), wait);
      typed.end('exit\n');

      const [back, sent] = [collector(), new PassThrough()];
      const forward = new PortForward(config);
      await forward.portForward(namespace, pod, [8080], back.stream, null, sent);
      sent.write(`POST / HTTP/1.1\r\nhost: pod\r\ncontent-length: ${large.length}\r\n\r\n`);
      sent.write(large);
      await eventually(() => expect(back.text()).toMatch(/\r\n0\r\n\r\n$/), wait);
      // Where one chunk ends is left to chance.
      expect(back.text().replaceAll(/\r\n[\da-f]+\r\n/g, '')).toContain(large.toString());

      const scratch = await mkdtemp(join(directory, 'cp-'));
      const at = (...path: string[]) => join(scratch, ...path);
      for (const name of ['from', 'pod', 'back']) await mkdir(at(name));
      await writeFile(at('from/file'), large);
      const cp = new Cp(config);
      await cp.cpToPod(namespace, pod, 'web', at('from'), at('pod'));
      await eventually(async () =>
        expect(await readFile(at('pod/file'))).toHaveLength(large.length),
      );
      await cp.cpFromPod(namespace, pod, 'web', 'file', at('back'), at('pod'));
      await eventually(async () =>
        expect(large.equals(await readFile(at('back/file')))).toBe(true),
      );

      const lines = collector();
      const followed = await new Log(config).log(namespace, pod, 'web', lines.stream, {
        follow: true,
      });
      await eventually(() => expect(lines.text()).toContain('listening'), wait);
      followed.abort();
    });
  });
}
