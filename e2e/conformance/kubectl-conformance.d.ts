import type { ConformanceCase } from './conformance-case.js';
/**
 * What a real kubectl has to see. The sandbox cluster and a real control plane both pass every case, so that
 * the sandbox cannot drift into a toy.
 */
export declare const kubectlConformance: readonly ConformanceCase[];
