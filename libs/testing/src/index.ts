export { InMemoryEventStore } from './in-memory-event-store.js';
export { specify } from './specify.js';
