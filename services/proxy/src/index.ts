export { ProxyConfig } from './config.js';
export type { CallRecorder } from './nats/open-recorder.js';
export { startProxy, type ProxyDependencies } from './start-proxy.js';
