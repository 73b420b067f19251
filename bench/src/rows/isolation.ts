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
  // Beside the bus: on the cores of the load it would disturb the very clock that measures.
  const elsewhere = { program: generator.program, cores: session.plan.bus };
  const flood = { ...CLOSED, seconds: seconds + 1, mayBeRefused: true };
  return [
    { contender: 'alone', measure: steady },
    {
      contender: 'beside a flood',
      measure: async () => {
        const flooding = wrk(elsewhere, other, flood);
        const sample = await steady();
        return { ...sample, floodPerSecond: await perSecondOf(flooding) };
      },
    },
    { contender: 'beside slow readers', measure: () => besideSlowReaders(session, other, steady) },
  ];
}

/** What the process uses is used by both agents: of the steady one's calls it says nothing. */
const ofCaller = ({ perSecond = 0, p50Ms = 0, p99Ms = 0 }: Sample): Sample => ({
  perSecond,
  p50Ms,
  p99Ms,
});

async function perSecondOf(
  flooding: Promise<{ readonly requests: number; readonly seconds: number }>,
): Promise<number> {
  const { requests, seconds } = await flooding;
  return requests / seconds;
}

async function besideSlowReaders(
  session: BenchSession,
  other: Target,
  steady: () => Promise<Sample>,
): Promise<Sample> {
  const slow = openStreams(session, other, {
    path: paths.list,
    streams: SLOW_READERS,
    seconds: 0,
    kind: 'hold',
    slowBytesPerSecond: SLOW_BYTES_PER_SECOND,
  });
  try {
    await slow.opened;
    return await steady();
  } finally {
    await slow.close();
  }
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
