import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inRoot } from '../launcher/workspace.mjs';
import { runCommand } from '../native/run-command.mjs';
import { commandStage } from './command-stage.mjs';
import { vitestStage } from './vitest-stage.mjs';

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {(vitestArguments: readonly string[]) => Promise<import('./tally.mjs').Tally>} run
 */

/** @type {readonly import('../native/catalogue.mjs').ToolName[]} */
const controlPlane = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'test-kubelet',
];

/**
 * Clients of other ages and makes, which must work through the gateway unmodified.
 *
 * @type {readonly import('../native/catalogue.mjs').ToolName[]}
 */
const clients = ['kubectl-1.20', 'kubectl-1.27', 'kubectl-1.30', 'helm', 'informers'];

/**
 * The rungs of the ladder, cheapest first.
 *
 * @type {readonly Stage[]}
 */
export const stages = [
  commandStage('format', () => [['prettier', '--check', '--log-level=warn', '.']]),
  commandStage('lint', () => [
    ['nx', 'run-many', '-t', 'lint', '--parallel=3'],
    ['eslint', '--max-warnings', '0', 'tools'],
    ['npm', 'run', '--silent', 'lint:boundaries-fixture'],
  ]),
  commandStage('types', () => [
    ['nx', 'run-many', '-t', 'typecheck', '--parallel=3'],
    ['tsc', '-p', 'tools'],
  ]),
  commandStage('tools', async () => [
    [process.execPath, '--test', '--test-reporter=spec', ...(await toolTests())],
  ]),
  vitestStage('unit'),
  vitestStage('fuzz'),
  vitestStage('int', {
    tools: ['nats-server', 'kubectl', 'request-info', ...controlPlane],
    builds: ['product'],
  }),
  vitestStage('e2e', {
    tools: ['nats-server', 'kubectl', ...controlPlane, ...clients],
    builds: ['product', 'e2e', 'bench'],
  }),
  vitestStage('browser', {
    tools: ['nats-server', 'chromium', 'kubectl', ...controlPlane],
    builds: ['product', 'e2e'],
    skipWithout: 'chromium',
  }),
  commandStage('compose', () => [['docker', 'compose', 'config', '--quiet']], reasonWithoutCompose),
];

/** Named one by one, because `node --test` expands patterns only from Node.js 21 on. */
async function toolTests() {
  const names = await readdir(inRoot('tools'), { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.mjs'));
  // Without a name `node --test` would look for files by itself and pass on whatever it finds.
  if (tests.length === 0) throw new Error('tools has no *.test.mjs');
  return tests.map((name) => join('tools', name));
}

async function reasonWithoutCompose() {
  const compose = await runCommand('docker', ['compose', 'version']);
  return compose.ok ? undefined : 'docker compose is not installed';
}
