import type { EventStore } from '@drawbridge/kernel';
import type { ClockWatch } from './clock-watch.js';

/**
 * A store that takes nothing while our clock is wrong, since every event says when it was, and most decisions
 * depend on it. The command comes again, here or at a replica whose clock is right.
 *
 * @param isTimeless - events that are right at any time, as what takes access away
 */
export const storeInTime = <Event>(
  store: EventStore<Event>,
  watch: Pick<ClockWatch, 'requireRight'>,
  isTimeless: (event: Event) => boolean = () => false,
): EventStore<Event> => ({
  load: (aggregateId) => store.load(aggregateId),
  append: async (append) => {
    if (!isTimeless(append.event)) watch.requireRight();
    return store.append(append);
  },
});
