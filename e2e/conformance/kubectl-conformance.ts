import { applyingCases } from './cases/applying.js';
import { changingCases } from './cases/changing.js';
import { channelCases } from './cases/channels.js';
import { creatingCases } from './cases/creating.js';
import { deletingCases } from './cases/deleting.js';
import { discoveringCases } from './cases/discovering.js';
import { aggregatedCases, extendingCases } from './cases/extending.js';
import { readingCases } from './cases/reading.js';
import { rolloutCases } from './cases/rollouts.js';
import { watchingCases } from './cases/watching.js';
import type { ConformanceCase } from './conformance-case.js';

/**
 * What a real kubectl has to see. The sandbox cluster and a real control plane both pass every case, so that
 * the sandbox cannot drift into a toy.
 */
export const kubectlConformance: readonly ConformanceCase[] = [
  ...discoveringCases,
  ...readingCases,
  ...creatingCases,
  ...changingCases,
  ...applyingCases,
  ...rolloutCases,
  ...watchingCases,
  ...deletingCases,
];

/** All of that, and what only a whole API server has: channels to containers, further types and APIs. */
export const clusterConformance: readonly ConformanceCase[] = [
  ...kubectlConformance,
  ...channelCases,
  ...extendingCases,
  ...aggregatedCases,
];
