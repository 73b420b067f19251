import type { KubectlSession } from './kubectl-session.js';

/** Releases of kubectl that the tests have, oldest first. */
export const kubectlReleases = ['1.20', '1.27', '1.30', '1.36'] as const;
export type KubectlRelease = (typeof kubectlReleases)[number];

/** One sentence about how kubectl behaves, and the commands that prove it. */
export interface ConformanceCase {
  readonly name: string;
  /** Oldest kubectl of whose output this holds. @default the newest */
  readonly since?: KubectlRelease;
  /** It changes what the cluster offers, which others list. @default false */
  readonly alone?: boolean;
  /** Why two runs of it print different things, or the gateway prints other words than the cluster. */
  readonly differs?: string;
  /** Runs in a namespace of its own; throws when the sentence does not hold. */
  readonly run: (kube: KubectlSession) => Promise<void>;
}
