import type { ConformanceCase } from '../conformance-case.js';
/** get and describe. */
export declare const readingCases: readonly ConformanceCase[];
