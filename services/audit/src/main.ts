import { loadConfig, runService } from '@drawbridge/runtime';
import { AuditConfig } from './config.js';
import { startAudit } from './start-audit.js';

runService('audit', (env, logger) => startAudit(loadConfig(AuditConfig, env), { logger }));
