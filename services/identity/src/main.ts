import { loadConfig, runService } from '@drawbridge/runtime';
import { IdentityConfig } from './config.js';
import { startIdentity } from './start-identity.js';

runService('identity', (env, logger) => startIdentity(loadConfig(IdentityConfig, env), { logger }));
