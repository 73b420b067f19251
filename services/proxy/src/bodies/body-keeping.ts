import type { BodyMemory } from './body-memory.js';
import type { BodyStore } from './body-store.js';

/** What bodies are kept with, in one worker. */
export interface BodyKeeping {
  readonly store: BodyStore;
  readonly memory: BodyMemory;
}
