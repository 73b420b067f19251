export { AuditConfig } from './config.js';
export { startAudit, type AuditDependencies } from './start-audit.js';
export { Identifier } from './clickhouse/identifier.js';
export { rebuildMessages, type RebuiltMessage } from './clickhouse/rebuild-messages.js';
