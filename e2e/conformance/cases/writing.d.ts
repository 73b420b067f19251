import type { ConformanceCase } from '../conformance-case.js';
/** create, replace, patch, label, annotate, set and edit. */
export declare const writingCases: readonly ConformanceCase[];
