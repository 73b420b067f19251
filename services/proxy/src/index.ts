export { recordCall, type Recorder } from './chain/record-call.js';
export { ProxyConfig } from './config.js';
export { openRecorder, type CallRecorder } from './nats/open-recorder.js';
export { startProxy, type ProxyDependencies } from './start-proxy.js';
