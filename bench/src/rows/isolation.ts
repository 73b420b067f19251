import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTION } from '../drawbridge/drawbridge-peer.js';
import { wrk } from '../load/wrk.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { interleave, type Contest, type Row, type Sample } from './row.js';
import { openStreams } from './streams.js';

const CLOSED = { path: paths.pod, connections: 64 };
const STEADY = { ...CLOSED, perSecond: 300 };
/** What one agent may do; the steady one stays below, the flood does not. */
const LIMITS = {
  AGENT_CALLS_PER_SECOND: '400',
  AGENT_BURST: '400',
  AGENT_MAX_CALLS: '64',
  AGENT_MAX_STREAMS: '64',
};
const SLOW_READERS = 48;
const SLOW_BYTES_PER_SECOND = 20_000;
/** Behind this the flood has its connections and has used up its burst. */
const UNDER_WAY_MS = 1_000;

/** How one agent's calls fare while another one floods the gateway, or takes what it asked for very slowly. */
export const isolation: Row = {
  name: 'isolation',
  title: `GET of 2 kB, ${STEADY.perSecond} a second of one agent, beside another one`,
  run: async (session) => {
    const apart = await session.startDrawbridge('isolation', { variables: LIMITS });
    const { target } = apart;
    const other = await otherAgent(session, target);
    try {
      return {
        samples: await interleave(contestsOf(session, target, other), session.pace),
        notes: [],
      };
    } finally {
      await apart.stop();
    }
  },
};

function contestsOf(session: BenchSession, target: Target, other: Target): readonly Contest[] {
  const { seconds } = session.options;
  const generator = session.generator('wrk');
  const steady = async () =>
    ofCaller(await measureLoad(target, () => wrk(generator, target, { ...STEADY, seconds })));
  const beside = async (besides: () => Promise<Disturbance>): Promise<Sample> => {
    // One right before the other, since a machine is not equally quiet for minutes.
    const alone = await steady();
    const disturbance = await besides();
    try {
      const sample = await steady();
      return {
        ...sample,
        p50TimesAlone: sample.p50Ms / alone.p50Ms,
        p99TimesAlone: sample.p99Ms / alone.p99Ms,
        ...(await disturbance.figures()),
      };
    } finally {
      await disturbance.end();
    }
  };
  return [
    { contender: 'alone', measure: steady },
    {
      contender: 'beside a flood',
      measure: () => beside(() => flood(session, other)),
    },
    {
      contender: 'beside slow readers',
      measure: () => beside(() => slowReaders(session, other)),
    },
  ];
}

/** What another agent does meanwhile. */
interface Disturbance {
  figures(): Promise<Sample>;
  end(): Promise<void>;
}

/** What the process uses is used by both agents: it says nothing of a call, but of what both take of its core. */
const ofCaller = ({ perSecond = 0, p50Ms = 0, p99Ms = 0, cpuUsPerCall = 0 }: Sample) => ({
  perSecond,
  p50Ms,
  p99Ms,
  corePercent: (cpuUsPerCall * perSecond) / 1e4,
});

/**
 * Where the other agent runs. On the core of the load it would disturb the very clock that measures; and what it
 * takes from bus and upstream is nothing of the gateway's, so it yields to both.
 */
const elsewhere = ({ plan }: BenchSession) => ({ cores: plan.upstream, yields: true });

async function flood(session: BenchSession, other: Target): Promise<Disturbance> {
  const generator = { ...elsewhere(session), program: session.generator('wrk').program };
  const seconds = session.options.seconds + Math.ceil(UNDER_WAY_MS / 1_000) + 1;
  const flooding = wrk(generator, other, { ...CLOSED, seconds, mayBeRefused: true });
  // Its failure is seen when its figures are asked for.
  flooding.catch(() => undefined);
  await delay(UNDER_WAY_MS);
  return {
    figures: async () => {
      const found = await flooding;
      return { floodPerSecond: found.requests / found.seconds };
    },
    end: async () => {
      await flooding.catch(() => undefined);
    },
  };
}

async function slowReaders(session: BenchSession, other: Target): Promise<Disturbance> {
  const slow = openStreams(session, other, {
    path: paths.list,
    streams: SLOW_READERS,
    seconds: 0,
    kind: 'hold',
    slowBytesPerSecond: SLOW_BYTES_PER_SECOND,
    ...elsewhere(session),
  });
  try {
    await slow.opened;
  } catch (error) {
    await slow.close();
    throw error;
  }
  return { figures: () => Promise.resolve({}), end: () => slow.close() };
}

async function otherAgent(session: BenchSession, target: Target): Promise<Target> {
  const subject = 'agent-greedy';
  await session.bus.grant(session.issuer, {
    subject,
    connection: CONNECTION,
    rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
  });
  return { ...target, headers: { authorization: `Bearer ${session.issuer.token(subject)}` } };
}
