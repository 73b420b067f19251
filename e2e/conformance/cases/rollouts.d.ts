import type { ConformanceCase } from '../conformance-case.js';
/** scale, rollout and what the Deployment controller does. */
export declare const rolloutCases: readonly ConformanceCase[];
