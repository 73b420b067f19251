/**
 * The rules of one aggregate as pure functions: no clock, no I/O, no randomness.
 *
 * `decide` returns the one event a command causes, `undefined` when there is nothing to do (so that a
 * repeated command is harmless), and throws an `AppError` to refuse. `evolve` never refuses: events are facts.
 */
export interface Decider<State, Command, Event> {
  readonly initial: State;
  decide(command: Command, state: State): Event | undefined;
  /** @param at - when the event was recorded; a fold that needs no time may do without it */
  evolve(state: State, event: Event, at?: string): State;
}
