import type { KubectlSession } from './kubectl-session.js';
/** One sentence about how kubectl behaves, and the commands that prove it. */
export interface ConformanceCase {
  readonly name: string;
  /** Runs in a namespace of its own; throws when the sentence does not hold. */
  readonly run: (kube: KubectlSession) => Promise<void>;
}
