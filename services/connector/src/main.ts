import { loadConfig, runService } from '@drawbridge/runtime';
import { ConnectorConfig } from './config.js';
import { startConnector } from './start-connector.js';

runService('connector', (env, logger) => startConnector(loadConfig(ConnectorConfig, env), logger));
