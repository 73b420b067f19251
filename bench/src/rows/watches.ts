import { streamPaths } from '../upstream/stream-paths.js';
import { freshIdle } from './fresh-idle.js';
import type { Row } from './row.js';
import { measureFlow, streamRow } from './streams.js';

const BUSY_WATCHES = 200;
const IDLE_WATCHES = 1_000;
const LOGS = 8;

/** Informers of many agents, all told of everything. A unit is an event that arrived. */
export const watchEvents: Row = {
  name: 'watch-events',
  title: `${BUSY_WATCHES} watches with 25 events a second each; a call is an event`,
  run: (session) =>
    streamRow(session, (target) => {
      const order = {
        path: streamPaths.busy.watch,
        streams: BUSY_WATCHES,
        seconds: session.options.seconds,
        kind: 'hold' as const,
      };
      return {
        contender: target.name,
        measure: () => measureFlow(session, target, { order, per: 'lines' }),
      };
    }),
};

/** `logs -f` of programs that talk a lot. A unit is a megabyte. */
export const logs: Row = {
  name: 'logs',
  title: `${LOGS} log streams as fast as they go; a call is a megabyte`,
  run: (session) =>
    streamRow(session, (target) => {
      const order = {
        path: streamPaths.busy.log,
        streams: LOGS,
        seconds: session.options.seconds,
        kind: 'hold' as const,
      };
      return {
        contender: target.name,
        measure: () => measureFlow(session, target, { order, per: 'megabytes' }),
      };
    }),
};

/** Most watches say nothing most of the time. */
export const idleWatches: Row = {
  name: 'idle-watches',
  title: `${IDLE_WATCHES} idle watches: memory of each`,
  run: (session) =>
    freshIdle(session, { path: streamPaths.idle.watch, streams: IDLE_WATCHES, headers: {} }),
};
