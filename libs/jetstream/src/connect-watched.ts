import { ClockWatch, type ClockWatchOptions } from './clock-watch.js';
import { connectJetStream, type JetStreamOptions } from './connect-jetstream.js';
import { requireStreams } from './declare-streams.js';
import type { JetStreamConnection } from './jetstream-connection.js';

export type WatchedOptions = JetStreamOptions &
  Pick<ClockWatchOptions, 'clock' | 'maxSkewMs' | 'logger'>;

/** A connection to a server that has the streams, and what compares our clock with its. */
export interface WatchedConnection {
  readonly connection: JetStreamConnection;
  readonly watch: ClockWatch;
}

/**
 * Connects a service that decides by the clock.
 *
 * @param closers - gets what closes it again, also of what is open when a later part fails
 * @throws as `connectJetStream`, `requireStreams` and `ClockWatch.start`
 */
export async function connectWatched(
  { clock, maxSkewMs, logger, ...options }: WatchedOptions,
  closers: { add(close: () => Promise<void>, options?: { readonly cutShort: true }): void },
): Promise<WatchedConnection> {
  const connection = await connectJetStream(options);
  closers.add(() => connection.close(), { cutShort: true });
  await requireStreams(connection);
  const watch = await ClockWatch.start({ connection, clock, maxSkewMs, logger });
  closers.add(() => watch.close());
  return { connection, watch };
}
