import { expect } from 'vitest';
import { AppError, type Decider } from '@drawbridge/kernel';

/**
 * Given / when / then for a decider. Compares whole events, nothing more and nothing less.
 *
 * @param recordedAt - when all that is given was recorded, for a fold that needs the time
 */
export function specify<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  recordedAt?: string,
) {
  const fold = (events: readonly Event[]) =>
    events.reduce((state, event) => decider.evolve(state, event, recordedAt), decider.initial);
  return {
    given: (...past: readonly Event[]) => ({
      when: (command: Command) => {
        const decide = () => decider.decide(command, fold(past));
        return {
          then: (event: Event) => expect(decide()).toStrictEqual(event),
          thenNothing: () => expect(decide()).toBeUndefined(),
          thenRefused: (code: string) => {
            let refusal: unknown;
            try {
              refusal = { decided: decide() };
            } catch (error) {
              refusal = error;
            }
            expect(refusal).toBeInstanceOf(AppError);
            expect(refusal).toMatchObject({ code });
          },
        };
      },
      state: () => fold(past),
    }),
  };
}
