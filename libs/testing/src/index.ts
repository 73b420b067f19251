export { startControlPlane, type ControlPlane } from './control-plane/control-plane.js';
export { describeEventStoreContract, type EventStoreUnderTest } from './event-store-contract.js';
export { eventually } from './eventually.js';
export { InMemoryEventStore } from './in-memory-event-store.js';
export { nativeTool, repositoryRoot } from './native-tool.js';
export { sourceProgram } from './source-program.js';
export { specify } from './specify.js';
export { startNats, type TestNats, type TestNatsOptions } from './start-nats.js';
export { testServers, type TestServers } from './test-servers.js';
