import type { ConformanceCase } from '../conformance-case.js';
/** watch, wait and logs. */
export declare const watchingCases: readonly ConformanceCase[];
