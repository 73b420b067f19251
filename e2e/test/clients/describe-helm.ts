import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeTool, repositoryRoot } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { runProgram } from './run-program.js';

const chart = join(repositoryRoot(), 'e2e/clients/chart');
const namespace = 'helm-client';

/** Helm by the gateway: its own state in ConfigMaps, since Secrets are refused until they can be masked. */
export function describeHelm(getGateway: () => WideGateway): void {
  const helm = async (driver: string, ...args: string[]) => {
    const { kubeconfig, directory } = getGateway();
    const env = { KUBECONFIG: kubeconfig, HELM_DRIVER: driver, HELM_CACHE_HOME: directory };
    return runProgram(await nativeTool('helm'), [...args, '--namespace', namespace], env);
  };
  const done = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await helm('configmap', ...args);
    expect(code, `helm ${args.join(' ')}: ${err}`).toBe(0);
    return out;
  };
  const list = async () =>
    JSON.parse(await done('list', '--all', '-o', 'json')) as { revision: string; status: string }[];

  describe('Helm', () => {
    it('installs, upgrades, rolls back, tells and uninstalls', async () => {
      const install = ['install', 'shop', chart, '--create-namespace', '--wait', '--timeout=60s'];
      expect(await done(...install)).toContain('STATUS: deployed');
      expect(await done('upgrade', 'shop', chart, '--set', 'colour=red', '--wait')).toContain(
        'REVISION: 2',
      );
      expect(await done('get', 'manifest', 'shop')).toContain('colour: red');
      await done('rollback', 'shop', '1', '--wait');
      expect(await done('get', 'manifest', 'shop')).toContain('colour: blue');
      expect(await list()).toMatchObject([{ name: 'shop', revision: '3', status: 'deployed' }]);
      expect(await done('status', 'shop')).toContain('STATUS: deployed');
      expect(await done('history', 'shop')).toMatch(/Upgrade complete\s[\s\S]*Rollback to 1/);
      expect(await done('uninstall', 'shop', '--wait')).toContain('release "shop" uninstalled');
      expect(await list()).toStrictEqual([]);
    });

    it('prints why its default way of keeping state is refused', async () => {
      const { code, err } = await helm('secret', 'list');
      expect(code).toBe(1);
      expect(err).toContain('drawbridge masking_unavailable: your grant allows this, but secrets');
    });
  });
}
