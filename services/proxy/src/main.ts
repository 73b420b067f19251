import { loadConfig, runService } from '@drawbridge/runtime';
import { ProxyConfig } from './config.js';
import { startProxy } from './start-proxy.js';

runService('proxy', (env, logger) =>
  startProxy(loadConfig(ProxyConfig, env), { logger, environment: env }),
);
