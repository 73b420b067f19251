import type { AccessEvent } from '@drawbridge/contracts';
import { beforeEach } from 'vitest';
import { describeEventStoreContract } from './event-store-contract.js';
import { InMemoryEventStore } from './in-memory-event-store.js';

let store = new InMemoryEventStore<AccessEvent>();
beforeEach(() => {
  store = new InMemoryEventStore();
});

describeEventStoreContract('InMemoryEventStore', () => ({ store, other: store }));
