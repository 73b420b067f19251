import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, nativeTool, repositoryRoot } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { runProgram } from './run-program.js';

const chart = join(repositoryRoot(), 'e2e/clients/chart');
const namespace = 'helm-client';
const PASSWORD = 'a-password-of-the-chart';

/**
 * Helm by the gateway. Its own state holds every value of a release, so it comes masked: it installs, and what works
 * from that state says that it cannot read it. Where a connection shows releases, all of it works.
 */
export function describeHelm(getGateway: () => WideGateway): void {
  const helm = async (...args: string[]) => {
    const { kubeconfig, directory } = getGateway();
    const env = { KUBECONFIG: kubeconfig, HELM_CACHE_HOME: directory };
    return runProgram(await nativeTool('helm'), [...args, '--namespace', namespace], env);
  };
  const kubectl = async (...args: string[]) => {
    const { kubeconfig } = getGateway();
    const all = ['--kubeconfig', kubeconfig, '--namespace', namespace, ...args];
    return runProgram(await nativeTool('kubectl'), all);
  };
  const stateOf = async (...args: string[]) => {
    const { out } = await kubectl('get', 'secrets', ...args, '-o', 'yaml');
    expect(out).toContain('type: helm.sh/release.v1');
    return Buffer.from(/release: (\S+)/.exec(out)?.[1] ?? '', 'base64').toString();
  };
  const masked = /^drawbridge:masked:secret:/;
  const done = async (...args: string[]) => {
    const { code, out, err } = await helm(...args);
    expect(`${code} ${err}`).toMatch(/^0 /);
    return out;
  };
  const colour = async () =>
    (await kubectl('get', 'configmap', 'shop', '-o', 'jsonpath={.data.colour}')).out;

  describe('Helm', () => {
    it('renders and installs; its own state is masked, so it does not upgrade', async () => {
      const install = ['install', 'shop', chart, '--create-namespace', '--wait', '--timeout=60s'];
      const installed = await helm(...install);
      expect(installed.err).not.toContain('drawbridge');
      const made = await kubectl('get', 'all,configmaps', '-o', 'yaml');
      expect(made.out).toContain('colour: blue');
      expect(await stateOf('-l', 'owner=helm')).toMatch(masked);
      const upgraded = await helm('upgrade', 'shop', chart, '--set', 'colour=red');
      expect(upgraded.code).toBe(1);
      expect(await colour()).toBe('blue');
    });
  });

  describe('Helm, where its releases are shown', () => {
    beforeAll(async () => {
      getGateway().setMasking({ helmReleases: 'shown' });
      await eventually(async () => {
        expect(await stateOf('-l', 'owner=helm')).toMatch(/^H4sI/);
      });
    });
    afterAll(async () => {
      getGateway().setMasking({});
      await eventually(async () => {
        expect(await stateOf('-l', 'owner=helm')).toMatch(masked);
      });
    });

    it('upgrades, tells what it did, and goes back', async () => {
      await done('upgrade', 'shop', chart, '--set', `colour=red,password=${PASSWORD}`);
      expect(await colour()).toBe('red');
      expect(await done('get', 'values', 'shop')).toContain('colour: red');
      expect(await done('history', 'shop')).toMatch(/1 .*superseded[^]*2 .*deployed/);
      expect(await done('list', '--all-namespaces')).toContain('shop');
      await done('rollback', 'shop', '1');
      expect(await colour()).toBe('blue');
      await done('upgrade', '--install', 'shop', chart, '--reuse-values', '--set', 'replicas=2');
      expect(await done('status', 'shop')).toContain('REVISION: 4');
    });

    it('removes what it made', async () => {
      await done('install', 'other', chart);
      await done('uninstall', 'other', '--wait', '--timeout=60s');
      expect((await kubectl('get', 'deployment', 'other')).code).toBe(1);
      expect((await kubectl('get', 'secret', 'sh.helm.release.v1.other.v1')).code).toBe(1);
    });

    it('T13 shows its releases to those that ask as it does, and no other secret', async () => {
      const name = 'sh.helm.release.v1.not-one';
      await kubectl('create', 'secret', 'generic', name, `--from-literal=release=${PASSWORD}`);
      await kubectl('label', 'secret', name, 'owner=helm');
      const encoded = Buffer.from(PASSWORD).toString('base64');
      for (const args of [[name], ['-l', 'owner=helm'], []]) {
        const { out } = await kubectl('get', 'secrets', ...args, '-o', 'yaml');
        expect(out).toContain(name);
        expect(out).not.toContain(encoded);
      }
      expect(await stateOf('sh.helm.release.v1.shop.v2')).toMatch(/^H4sI/);
      const all = await kubectl('get', 'secrets', '-o', 'yaml');
      expect(all.out).toContain('sh.helm.release.v1.shop.v2');
      expect(all.out).not.toMatch(/release: SDRzS/);
    });

    it('is warned of, to whoever runs the gateway and whoever asks', async () => {
      expect(getGateway().logged()).toContain('Helm releases are not masked');
      const asked = await kubectl('get', 'secrets', '-l', 'owner=helm');
      expect(asked.err).toContain('Warning: drawbridge: Helm releases are shown');
    });
  });
}
