export {
  CLUSTER_AUTHORITY,
  CONNECTOR_PROTOCOL,
  ConnectorHello,
  ConnectorToken,
  ConnectorWelcome,
  MAX_LINE_BYTES,
  PEERS_HEADER,
  PEERS_PATH,
  readPeers,
  type ConnectorRefusal,
} from './connector-protocol.js';
export { guardSession, type GuardLimits } from './guard-session.js';
export { readFirstLine, type FirstLine } from './read-first-line.js';
export { writeLine } from './write-line.js';
