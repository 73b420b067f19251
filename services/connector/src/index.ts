export { ConnectorConfig } from './config.js';
export { startConnector } from './start-connector.js';
