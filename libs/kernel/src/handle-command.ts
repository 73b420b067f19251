import type { Decider } from './decider.js';
import {
  EventStoreError,
  type AggregatePosition,
  type Appended,
  type EventMetadata,
  type EventStore,
} from './event-store.js';

const MAX_ATTEMPTS = 8;

/** A command with the aggregate it is for and the metadata of the event it may cause. */
export interface CommandEnvelope<Command, State = never> {
  readonly aggregateId: string;
  readonly command: Command;
  readonly metadata: EventMetadata;
  /**
   * What came of the command just before: saves reading it all again. When it is outdated the append fails, and
   * the history is loaded after all; that there is nothing to do is believed, and so is a refusal.
   */
  readonly known?: Known<State> | undefined;
}

/** A state, and where the history ends that it is the fold of. */
export interface Known<State> {
  readonly state: State;
  readonly position: AggregatePosition;
}

/** What came of a command: the state after it, and the event appended, if any. */
export interface Handled<State, Event> extends Known<State> {
  readonly appended?: Appended<Event>;
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
  { aggregateId, command, metadata, known }: CommandEnvelope<Command, State>,
): Promise<Handled<State, Event>> {
  for (let attempt = 1; ; attempt += 1) {
    const { state, position } =
      attempt === 1 && known !== undefined ? known : await loadState(store, decider, aggregateId);
    const event = decider.decide(command, state);
    if (event === undefined) return { state, position };
    try {
      const appended = await store.append({ aggregateId, position, event, metadata });
      const next = decider.evolve(state, event, metadata.at);
      return { state: next, position: appended.position, appended };
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** The fold of what is recorded of an aggregate, for whoever has to know it before there is a command. */
export async function loadState<State, Command, Event>(
  store: Pick<EventStore<Event>, 'load'>,
  decider: Decider<State, Command, Event>,
  aggregateId: string,
): Promise<Known<State>> {
  const { events, position } = await store.load(aggregateId);
  const state = events.reduce(
    (folded, { event, at }) => decider.evolve(folded, event, at),
    decider.initial,
  );
  return { state, position };
}

function isConflict(error: unknown): boolean {
  return error instanceof EventStoreError && error.code === 'append_conflict';
}
