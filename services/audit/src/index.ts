export { AuditConfig } from './config.js';
export { startAudit, type AuditDependencies } from './start-audit.js';
export { Identifier } from './clickhouse/identifier.js';
export { RebuiltRecord } from './integrity/rebuilt-record.js';
