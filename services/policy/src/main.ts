import { loadConfig, runService } from '@drawbridge/runtime';
import { PolicyConfig } from './config.js';
import { startPolicy } from './start-policy.js';

runService('policy', (env, logger) => startPolicy(loadConfig(PolicyConfig, env), { logger }));
