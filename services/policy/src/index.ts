export { PolicyConfig } from './config.js';
export type { DenialCode } from './domain/denial.js';
export { startPolicy, type PolicyDependencies } from './start-policy.js';
