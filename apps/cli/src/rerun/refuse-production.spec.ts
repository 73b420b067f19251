import { describe, expect, it } from 'vitest';
import { refuseProductionLabels, refuseProductionNames } from './refuse-production.js';

const production = {
  ...{ name: 'eks-1', environment: 'production', server: 'https://10.0.0.1:6443' },
};
const refuse =
  (names: readonly string[], server = 'https://127.0.0.1:6443') =>
  () =>
    refuseProductionNames({ names, server: new URL(server) }, [
      production,
      { name: 'scratch', environment: 'staging', server: 'https://10.0.0.2' },
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
  ])('is refused at %s', (server) => {
    expect(refuse(['kind'], server)).toThrow(refused('rerun_production_server'));
  });

  it.each(['https://10.0.0.1:6444', 'https://10.0.0.2', 'https://api.products.example'])(
    'is taken at %s',
    (server) => {
      expect(refuse(['kind'], server)).not.toThrow();
    },
  );

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
