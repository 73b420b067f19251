import { cpuSeconds, forgetPeak, peakMemoryBytes } from '../machine/process-usage.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { streamPaths } from '../upstream/stream-paths.js';
import { freshIdle } from './fresh-idle.js';
import type { Row, Sample } from './row.js';
import { openStreams, streamRow } from './streams.js';

const SESSIONS = 32;
const IDLE_SESSIONS = 300;

/** What `kubectl exec` sends; the key is the example of RFC 6455, since nobody here is to be fooled by a cache. */
const headers = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'v5.channel.k8s.io',
};

/** Each with a connection and a handshake of its own, one word of output, and a status at the end. */
export const exec: Row = {
  name: 'exec',
  title: `exec sessions over WebSocket, ${SESSIONS} at a time, each on a new connection`,
  run: (session) =>
    streamRow(session, (target) => ({
      contender: target.name,
      measure: () => measureSessions(session, target),
    })),
};

/** A shell that somebody has left open. */
export const idleExec: Row = {
  name: 'idle-exec',
  title: `${IDLE_SESSIONS} idle exec sessions: memory of each`,
  run: (session) =>
    freshIdle(session, { path: streamPaths.idle.exec, streams: IDLE_SESSIONS, headers }),
};

async function measureSessions(session: BenchSession, target: Target): Promise<Sample> {
  const { pid } = target;
  if (pid !== undefined) forgetPeak(pid);
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const streams = openStreams(session, target, {
    path: streamPaths.busy.exec,
    headers,
    streams: SESSIONS,
    seconds: session.options.seconds,
    kind: 'sessions',
  });
  try {
    const { sessions, seconds, p50Ms, p99Ms } = await streams.figures;
    return {
      perSecond: sessions / seconds,
      p50Ms,
      p99Ms,
      ...(pid !== undefined && {
        cpuUsPerCall: ((cpuSeconds(pid) - before) / sessions) * 1e6,
        peakMb: peakMemoryBytes(pid) / 1e6,
      }),
    };
  } finally {
    await streams.close();
  }
}
