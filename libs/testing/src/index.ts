export { ChildEnded, ChildWatch, nativeTool, repositoryRoot } from '@drawbridge/embedded';
export {
  startControlPlane,
  type ControlPlane,
  type SimulatedKubelet,
} from './control-plane/control-plane.js';
export { describeEventStoreContract, type EventStoreUnderTest } from './event-store-contract.js';
export { engineOf } from './engine-of.js';
export { eventually } from './eventually.js';
export { InMemoryEventStore } from './in-memory-event-store.js';
export { startNatsRelay, type NatsRelay } from './nats-relay.js';
export { requireNothingWaits } from './nothing-waits.js';
export { sampleHeldCall } from './sample-held-call.js';
export { sourceProgram } from './source-program.js';
export { specify } from './specify.js';
export { startClickHouse, type TestClickHouse } from './start-clickhouse.js';
export { startNats, type TestNats, type TestNatsOptions } from './start-nats.js';
export { startTimeStamper, type StampOptions, type TestTimeStamper } from './start-time-stamper.js';
export { testServers, type TestServers } from './test-servers.js';
