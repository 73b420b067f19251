import type { ConformanceCase } from '../conformance-case.js';
/** Client-side and server-side apply, and diff. */
export declare const applyingCases: readonly ConformanceCase[];
