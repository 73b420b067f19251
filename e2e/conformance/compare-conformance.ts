import assert from 'node:assert/strict';
import type { ConformanceCase } from './conformance-case.js';
import { inFreshNamespace } from './describe-conformance.js';
import type { ConformanceCluster, TranscriptEntry } from './kubectl-session.js';

/** Two ways to one cluster. */
export interface TwoWays {
  readonly direct: ConformanceCluster;
  readonly gateway: ConformanceCluster;
}

/**
 * Runs a case directly and through the gateway at the same time. What it says must hold on both ways, and every
 * command must print the same on both and end alike, unless the case tells why it does not.
 */
export async function compareConformance(
  { name, run, differs }: ConformanceCase,
  { direct, gateway }: TwoWays,
): Promise<void> {
  const [ours, theirs] = await Promise.all([transcriptOf(gateway, run), transcriptOf(direct, run)]);
  assert.notEqual(ours.length, 0, `${name}: ran nothing`);
  if (differs === undefined) assert.deepEqual(ours, theirs);
}

async function transcriptOf(
  cluster: ConformanceCluster,
  run: ConformanceCase['run'],
): Promise<readonly TranscriptEntry[]> {
  let transcript: readonly TranscriptEntry[] = [];
  await inFreshNamespace(cluster, async (kube) => {
    await run(kube);
    transcript = kube.transcript;
  });
  return transcript;
}
