import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '@drawbridge/testing';
import { pythonEnvironment } from '../../src/python-environment.js';
import type { WideGateway } from '../../src/wide-gateway.js';
import { createNamespace } from './create-namespace.js';
import { runProgram } from './run-program.js';

const directory = join(repositoryRoot(), 'e2e/clients/python');

/** What `work.py` does, each step of which it prints. */
const steps = [
  'discover',
  'configmaps',
  'watches',
  'deployments',
  'errors',
  'logs',
  'execute',
  'interactive',
  'forward',
];

/** The Kubernetes client of Python by the gateway. */
export function describePython(getGateway: () => WideGateway): void {
  describe('the Python client', () => {
    it('lists, watches, patches, executes and forwards', async ({ skip }) => {
      const environment = await pythonEnvironment(join(directory, 'requirements.txt'));
      if ('missing' in environment) return skip(environment.missing);
      const gateway = getGateway();
      const namespace = await createNamespace(gateway, 'python-client');
      const work = [join(directory, 'work.py'), gateway.kubeconfig, namespace];
      const { code, out, err } = await runProgram(environment.python, work);
      expect(code, `${out}${err}`).toBe(0);
      expect(out).toBe(steps.map((step) => `${step} ok\n`).join(''));
    });
  });
}
