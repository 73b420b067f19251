import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeTool, repositoryRoot } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { runProgram } from './run-program.js';

const chart = join(repositoryRoot(), 'e2e/clients/chart');
const namespace = 'helm-client';

/**
 * Helm by the gateway: it installs, and removes. Its own state holds every value of a release, so it comes masked, and
 * what works from it says that it cannot read it.
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

  describe('Helm', () => {
    it('renders and installs; its own state is masked, so it does not upgrade', async () => {
      const install = ['install', 'shop', chart, '--create-namespace', '--wait', '--timeout=60s'];
      const installed = await helm(...install);
      expect(installed.err).not.toContain('drawbridge');
      const made = await kubectl('get', 'all,configmaps', '-o', 'yaml');
      expect(made.out).toContain('colour: blue');
      const state = await kubectl('get', 'secrets', '-l', 'owner=helm', '-o', 'yaml');
      expect(state.out).toContain('type: helm.sh/release.v1');
      expect(Buffer.from(/release: (\S+)/.exec(state.out)?.[1] ?? '', 'base64').toString()).toMatch(
        /^drawbridge:masked:secret:/,
      );
      const upgraded = await helm('upgrade', 'shop', chart, '--set', 'colour=red');
      expect(upgraded.code).toBe(1);
    });
  });
}
