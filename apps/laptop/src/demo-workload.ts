import { stringify } from 'yaml';
import { AppError } from '@drawbridge/kernel';
import { DEMO_LABEL } from './demo-label.js';
import { demoManifests } from './demo-manifests.js';
import { runCommand, type CommandResult } from './run-command.js';
import type { StateDirectory } from './state-directory.js';

/**
 * `namespace_taken`: the cluster has a namespace `payments` that the demo did not make; it is left alone.
 * `cluster_refused`: the cluster did not take the demo's manifests.
 */
export class DemoWorkloadError extends AppError<'namespace_taken' | 'cluster_refused'> {}

const NAMESPACE = 'payments';

/** The administrator of the demo's cluster: makes what the story needs, and removes it. */
export class DemoWorkload {
  constructor(
    private readonly kubectl: string,
    private readonly kubeconfig: string,
  ) {}

  /** Creates the namespace, deployment and secret of the story, or brings them to their first state. */
  async install(state: StateDirectory): Promise<void> {
    await this.#refuseForeignNamespace();
    const documents = demoManifests.map((manifest) => stringify(manifest)).join('---\n');
    const file = state.write('workload.yaml', documents);
    await this.#kubectl('apply', '-f', file);
  }

  async remove(): Promise<void> {
    await this.#kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false');
  }

  async #refuseForeignNamespace(): Promise<void> {
    const { stdout } = await this.#kubectl(
      ...['get', 'namespace', NAMESPACE, '--ignore-not-found', '--show-labels', '--no-headers'],
    );
    if (stdout.trim() === '' || stdout.includes(`${DEMO_LABEL}=true`)) return;
    throw new DemoWorkloadError(
      'namespace_taken',
      `the cluster has a namespace "${NAMESPACE}" without label ${DEMO_LABEL}=true: the demo changes only what it made; use another cluster`,
    );
  }

  async #kubectl(...args: string[]): Promise<CommandResult> {
    const result = await runCommand({
      shown: `kubectl ${args.join(' ')}`,
      file: this.kubectl,
      args: ['--kubeconfig', this.kubeconfig, ...args],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent' },
    });
    if (result.exitCode === 0) return result;
    throw new DemoWorkloadError(
      'cluster_refused',
      `kubectl ${args[0] ?? ''} failed: ${result.output.trim()}`,
    );
  }
}
