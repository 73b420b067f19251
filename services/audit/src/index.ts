export { AuditConfig } from './config.js';
export { startAudit, type AuditDependencies } from './start-audit.js';
