import { loadConfig, runService } from '@drawbridge/runtime';
import { collectRarely } from './collect-rarely.js';
import { ProxyConfig } from './config.js';
import { startProxy } from './start-proxy.js';

collectRarely();
runService('proxy', (env, logger) =>
  startProxy(loadConfig(ProxyConfig, env), { logger, environment: env }),
);
