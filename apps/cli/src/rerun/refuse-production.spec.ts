import { describe, expect, it } from 'vitest';
import {
  refuseGateway,
  refuseProductionAddress,
  refuseProductionLabels,
  refuseProductionNames,
} from './refuse-production.js';

const production = {
  ...{ name: 'eks-1', environment: 'production', server: 'https://10.0.0.1:6443' },
};
const refuse =
  (names: readonly string[], server = 'https://127.0.0.1:6443') =>
  () =>
    refuseProductionNames({ names, server: new URL(server) }, [
      production,
      { name: 'scratch', environment: 'staging', server: 'https://10.0.0.2' },
      { name: 'west', environment: 'staging', hosts: ['west.gateway.corp.example'] },
    ]);
const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('a cluster on which a session is to be made again', () => {
  it.each([
    'prod',
    'prod-eks',
    'eu-west-1.prod.k8s',
    'arn:aws:eks:eu-west-1:1:cluster/PROD_1',
    'my-production',
    'live',
    'prd-2',
    'eks-1',
    'drawbridge-eks-1',
  ])('is refused when it is called %s', (name) => {
    expect(refuse(['kind', name])).toThrow(refused('rerun_production_name'));
  });

  it.each(['kind-scratch', 'products', 'reproduce', 'scratch', 'alive', 'drawbridge-scratch'])(
    'is taken when it is called %s',
    (name) => {
      expect(refuse([name])).not.toThrow();
    },
  );

  it.each([
    'https://10.0.0.1:6443',
    'https://10.0.0.1:6443/some/path',
    'https://api.prod.corp.example',
    'https://gateway.corp.example/connections/scratch',
    'https://west.gateway.corp.example',
  ])('is refused at %s', (server) => {
    expect(refuse(['kind'], server)).toThrow(refused('rerun_production_server'));
  });

  it.each(['https://10.0.0.1:6444', 'https://10.0.0.2', 'https://api.products.example'])(
    'is taken at %s',
    (server) => {
      expect(refuse(['kind'], server)).not.toThrow();
    },
  );

  it('is refused when its certificate is to be one of production', () => {
    const access = {
      names: ['kind'],
      server: new URL('https://10.0.0.9'),
      serverName: 'api.prod.x',
    };
    const naming = () => refuseProductionNames(access, []);
    expect(naming).toThrow(refused('rerun_production_server'));
  });

  const book: Readonly<Record<string, readonly string[]>> = {
    'k8s.corp.example': ['10.0.0.7', '10.0.0.1'],
    'else.corp.example': ['10.0.0.8'],
    '10.0.0.1': ['10.0.0.1'],
  };
  const at = (server: string) =>
    refuseProductionAddress({ server: new URL(server) }, [production], (host) =>
      Promise.resolve(book[host] ?? []),
    );

  it('is refused at the address of production under another name', async () => {
    const same = at('https://k8s.corp.example:6443');
    await expect(same).rejects.toThrow(refused('rerun_production_server'));
    await at('https://k8s.corp.example');
    await at('https://else.corp.example:6443');
    await at('https://unknown.corp.example:6443');
  });

  it('is refused when it is the gateway that answers', async () => {
    const server = new URL('https://10.0.0.9');
    const answering = (isOfGateway: boolean) =>
      refuseGateway({ server }, () => Promise.resolve({ status: 400, body: '', isOfGateway }));
    await expect(answering(true)).rejects.toThrow(refused('rerun_production_server'));
    await answering(false);
  });

  const labels = (kubeSystem: object, others: object = {}) =>
    refuseProductionLabels(({ target }) => {
      const metadata = target.endsWith('/kube-system') ? kubeSystem : others;
      return Promise.resolve({ status: 200, body: JSON.stringify({ metadata }) });
    });
  const label = { 'drawbridge.dev/environment': 'production' };

  it('is refused when it says of itself that it is production', async () => {
    for (const saying of [{ labels: label }, { annotations: label }]) {
      await expect(labels(saying)).rejects.toThrow(refused('rerun_production_label'));
      await expect(labels({}, saying)).rejects.toThrow(refused('rerun_production_label'));
    }
    await labels({ labels: { 'drawbridge.dev/environment': 'staging' } });
    await labels({});
  });

  it('is refused when it does not let anybody see what it says', async () => {
    const closed = refuseProductionLabels(() => Promise.resolve({ status: 403, body: '{}' }));
    await expect(closed).rejects.toThrow(refused('rerun_production_label'));
  });
});
