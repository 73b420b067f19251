import { describe, expect, it } from 'vitest';
import { nativeTool } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { createNamespace } from './create-namespace.js';
import { runProgram } from './run-program.js';

interface Informers {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What must have been on the wire through the gateway. */
  readonly wire: readonly string[];
}

const protobuf = 'application/vnd.kubernetes.protobuf';
const streamed = ['sendInitialEvents', 'allowWatchBookmarks', 'HTTP/2.0'];

const kinds: readonly Informers[] = [
  {
    name: 'of controllers: types, initial events streamed',
    args: ['--content-type', protobuf],
    wire: [...streamed, 'application/json'],
  },
  {
    name: 'of k9s: unstructured JSON',
    args: ['--informers', 'dynamic'],
    wire: [...streamed, 'application/json'],
  },
  {
    name: 'of metadata only',
    args: ['--informers', 'metadata'],
    wire: [...streamed, 'application/json'],
  },
  {
    name: 'that prefer CBOR',
    args: ['--informers', 'dynamic'],
    env: { KUBE_FEATURE_ClientsAllowCBOR: 'true', KUBE_FEATURE_ClientsPreferCBOR: 'true' },
    wire: [...streamed, 'application/json'],
  },
  {
    name: 'of older clients: JSON lists, HTTP/1.1',
    args: ['--content-type', 'application/json', '--http1'],
    env: { KUBE_FEATURE_WatchListClient: 'false' },
    wire: ['watch', 'application/json', 'HTTP/1.1'],
  },
];

interface Told {
  readonly resources: number;
  readonly objects: number;
  readonly versions: number;
  readonly gateway: Readonly<Record<string, number>>;
}

/**
 * Informers of client-go for all that a cluster has, with the same caches directly and through the gateway, but for
 * what is masked. Whatever they prefer to speak, they get JSON.
 */
export function describeInformers(getGateway: () => WideGateway): void {
  describe('client-go informers of everything', () => {
    it.each(kinds)('$name', async ({ name, args, env, wire }) => {
      const gateway = getGateway();
      const label = `informers-${kinds.findIndex((kind) => kind.name === name)}`;
      const namespace = await createNamespace(gateway, label);
      const { code, out, err } = await runProgram(
        await nativeTool('informers'),
        [
          ...['--direct', gateway.controlPlane.kubeconfig, '--gateway', gateway.kubeconfig],
          ...['--namespace', namespace, '--skip', 'secrets', ...args],
        ],
        env,
      );
      expect(code, err).toBe(0);
      const told = JSON.parse(out) as Told;
      expect(told.resources).toBeGreaterThan(50);
      expect(told.versions).toBeGreaterThan(300);
      expect(Object.keys(told.gateway)).toStrictEqual(expect.arrayContaining([...wire]));
      expect(told.gateway['error']).toBeUndefined();
      // None was broken off and opened again.
      expect(told.gateway['watch']).toBe(told.resources);
    });
  });
}
