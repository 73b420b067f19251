import { loadConfig, runService } from '@drawbridge/runtime';
import { ApprovalConfig } from './config.js';
import { startApproval } from './start-approval.js';

runService('approval', (env, logger) => startApproval(loadConfig(ApprovalConfig, env), { logger }));
