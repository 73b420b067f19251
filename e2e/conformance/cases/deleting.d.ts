import type { ConformanceCase } from '../conformance-case.js';
/** delete, owners and finalizers, and namespaces. */
export declare const deletingCases: readonly ConformanceCase[];
