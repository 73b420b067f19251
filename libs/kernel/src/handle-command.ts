import type { Decider } from './decider.js';
import {
  EventStoreError,
  type EventMetadata,
  type EventStore,
  type RecordedEvent,
} from './event-store.js';

const MAX_ATTEMPTS = 8;

/** A command with the aggregate it is for and the metadata of the event it may cause. */
export interface CommandEnvelope<Command> {
  readonly aggregateId: string;
  readonly command: Command;
  readonly metadata: EventMetadata;
}

/** What came of a command: the state after it, and the event appended, if any. */
export interface Handled<State, Event> {
  readonly state: State;
  readonly appended?: RecordedEvent<Event>;
}

/**
 * Loads, decides and appends. When another writer was first it decides again on the newer history, so a
 * decision is never made on a state that had changed; after 8 lost races the conflict is thrown.
 *
 * @throws the decider's `AppError` when it refuses; {@link EventStoreError} when the store fails
 */
export async function handleCommand<State, Command, Event>(
  store: EventStore<Event>,
  decider: Decider<State, Command, Event>,
  { aggregateId, command, metadata }: CommandEnvelope<Command>,
): Promise<Handled<State, Event>> {
  for (let attempt = 1; ; attempt += 1) {
    const { events, position } = await store.load(aggregateId);
    const state = events.reduce(
      (folded, { event, at }) => decider.evolve(folded, event, at),
      decider.initial,
    );
    const event = decider.decide(command, state);
    if (event === undefined) return { state };
    try {
      const appended = await store.append({ aggregateId, position, event, metadata });
      return { state: decider.evolve(state, event, metadata.at), appended };
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof EventStoreError && error.code === 'append_conflict';
}
