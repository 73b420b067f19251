export { ProxyConfig } from './config.js';
export { startProxy, type ProxyDependencies } from './start-proxy.js';
