import type { ConformanceCase } from '../conformance-case.js';
/** Discovery, schemas, health and identity. */
export declare const discoveringCases: readonly ConformanceCase[];
