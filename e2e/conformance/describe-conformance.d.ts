import { type ConformanceCluster, KubectlSession } from './kubectl-session.js';
/**
 * Declares one test per conformance case.
 *
 * @param title - What the cases run against.
 * @param getCluster - Called when a case runs, so the cluster may be started in `beforeAll`.
 */
export declare function describeConformance(
  title: string,
  getCluster: () => ConformanceCluster,
): void;
/** Runs `use` in a namespace and a scratch directory of its own; both are removed afterwards. */
export declare function inFreshNamespace(
  cluster: ConformanceCluster,
  use: (kube: KubectlSession) => Promise<void>,
): Promise<void>;
