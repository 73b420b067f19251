import type { StopEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { covers, continueStop, noStop, unreadableStop, type Stop } from './stop.js';
import { isSessionKey, keysOver, type StoppableGrant } from './stop-key.js';

/** What asks about stops, and takes none in. */
export type StopsNow = Pick<Stops, 'over'>;

/** All stops there are: the fold of the whole stream. As large as what people have ever stopped. */
export class Stops {
  readonly #stops = new Map<string, Stop>();

  /** Takes the next event of the stream; returns what its key comes to. */
  take({ aggregateId, event, at }: RecordedEvent<StopEvent>): Stop {
    return this.#keep(continueStop(this.#of(aggregateId), event, at));
  }

  /** Takes an event that cannot be read. */
  takeUnreadable(key: string): Stop {
    return this.#keep(unreadableStop(this.#of(key)));
  }

  /** The stop that ends a grant, if there is one. */
  over(grant: StoppableGrant): Stop | undefined {
    if (this.#stops.size === 0) return undefined;
    return keysOver(grant)
      .map((key) => this.#of(key))
      .find((stop) => covers(stop, grant));
  }

  /** Those in force, in the order in which they were first raised. */
  get inForce(): readonly Stop[] {
    return [...this.#stops.values()].filter(({ inForce }) => inForce !== undefined);
  }

  #of(key: string): Stop {
    return this.#stops.get(key) ?? noStop(key);
  }

  /** What is ordered about sessions ends no grant, and is not kept here. */
  #keep(stop: Stop): Stop {
    if (!isSessionKey(stop.key)) this.#stops.set(stop.key, stop);
    return stop;
  }
}

/** Whether a stop is of an agent that was disabled, and not of raised bridges. */
export const isDisabling = ({ key }: Pick<Stop, 'key'>): boolean => key.startsWith('d_');
