import { AgentCalls } from './agent-calls.js';
import { inSlack, overHttp, type Ready } from './clicks.js';
import type { HoldsWorld } from './holds-world.js';

/** Not counted: code that has never run, connections that nobody has opened. */
const WARM_UP = 20;
/** A human takes longer; here it is enough that nothing else is under way. */
const SETTLE_MS = 15;
/** How long the gateway may take to know a grant, on a machine that does many other things. */
const KNOWN_MS = 60_000;

export interface HoldsRow {
  readonly name: string;
  readonly title: string;
  readonly by: (world: HoldsWorld) => Ready;
  /** Calls that are held all the time and that nobody decides. */
  readonly waiting: number;
  /** Agents that read as fast as they can all the time. */
  readonly readers: number;
}

export const holdsRows: readonly HoldsRow[] = [
  { name: 'http', title: 'over HTTP', by: overHttp, waiting: 0, readers: 0 },
  { name: 'slack', title: 'in Slack', by: inSlack, waiting: 0, readers: 0 },
  { name: 'waiting', title: 'over HTTP, 200 others wait', by: overHttp, waiting: 200, readers: 0 },
  { name: 'load', title: 'over HTTP, 16 agents read', by: overHttp, waiting: 0, readers: 16 },
];

/** Milliseconds since the click. */
export interface ClickTimes {
  /** The approval is stored. */
  readonly approved: number;
  /** It was taken for this call, which may be forwarded. */
  readonly released: number;
  /** The call was forwarded, and the cluster's answer is at the client. */
  readonly answered: number;
  /** Whoever clicked has an answer; the call does not wait for it. */
  readonly acknowledged: number;
}

export interface MeasuredRow {
  readonly row: HoldsRow;
  readonly clicks: readonly ClickTimes[];
  /** Calls a second of those who read. */
  readonly readsPerSecond: number;
}

/** What is to be done when a row is over, the last first. */
type End = () => unknown;

export async function measureRow(
  world: HoldsWorld,
  row: HoldsRow,
  rounds: number,
): Promise<MeasuredRow> {
  const ended: End[] = [];
  try {
    const reads = await startReaders(world, row.readers, ended);
    await startWaiting(world, row, ended);
    const agent = await agentOf(world, ended);
    const ready = row.by(world);
    const clicks: ClickTimes[] = [];
    for (let round = 0; round < WARM_UP + rounds; round += 1) {
      const times = await click({ world, agent, ready }, `${row.name} ${round}`, round);
      if (round >= WARM_UP) clicks.push(times);
    }
    return { row, clicks, readsPerSecond: reads() };
  } finally {
    for (const end of ended.toReversed()) await end();
  }
}

interface Agent {
  readonly grantId: string;
  readonly calls: AgentCalls;
}

async function agentOf(world: HoldsWorld, ended: End[]): Promise<Agent> {
  const { token, grantId } = await world.agent();
  const calls = new AgentCalls(world, token);
  ended.push(() => calls.close());
  const deadline = performance.now() + KNOWN_MS;
  while ((await calls.look()) !== 200) {
    if (performance.now() > deadline) throw new Error(`${grantId} is not granted`);
  }
  return { grantId, calls };
}

interface Clicking {
  readonly world: HoldsWorld;
  readonly agent: Agent;
  readonly ready: Ready;
}

async function click(
  { world, agent, ready }: Clicking,
  note: string,
  round: number,
): Promise<ClickTimes> {
  const answering = agent.calls.change(note).then((status) => ({ status, at: performance.now() }));
  // What goes wrong before the click is told by that.
  answering.catch(() => undefined);
  const hold = await world.stream.held(agent.grantId, round);
  const press = await ready(hold.holdId);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const clickedAt = performance.now();
  const deciding = press().then((status) => ({ status, at: performance.now() }));
  const [answer, decision] = await Promise.all([answering, deciding]);
  if (answer.status !== 200 || decision.status !== 200) {
    throw new Error(`the click got ${decision.status}, the held call ${answer.status}`);
  }
  const approvedAt = await world.stream.reached(hold, 'HoldApproved');
  const releasedAt = await world.stream.reached(hold, 'CommandReleased');
  return {
    approved: approvedAt - clickedAt,
    released: releasedAt - clickedAt,
    answered: answer.at - clickedAt,
    acknowledged: decision.at - clickedAt,
  };
}

/** Each waits for ever, by its own standards: its client comes again whenever it is told to. */
async function startWaiting(
  world: HoldsWorld,
  { waiting, name }: HoldsRow,
  ended: End[],
): Promise<void> {
  if (waiting === 0) return;
  const { grantId, calls } = await agentOf(world, ended);
  const until = new AbortController();
  const isOver = () => until.signal.aborted;
  const wait = async (number: number) => {
    while (!isOver()) {
      const status = await calls.change(`${name} waits ${number}`).catch(() => 0);
      if (status !== 429 && !isOver()) throw new Error(`a call that waits got ${status}`);
    }
  };
  for (let number = 0; number < waiting; number += 1) {
    const waited = wait(number);
    ended.push(() => waited);
    await world.stream.held(grantId, number);
  }
  ended.push(() => calls.close());
  ended.push(() => until.abort());
}

/** @returns what tells how many calls a second they made until now */
async function startReaders(
  world: HoldsWorld,
  readers: number,
  ended: End[],
): Promise<() => number> {
  const until = new AbortController();
  let made = 0;
  const read = async ({ calls }: Agent) => {
    while (!until.signal.aborted) {
      const status = await calls.look();
      if (status !== 200) throw new Error(`a call that nobody holds got ${status}`);
      made += 1;
    }
  };
  const startedAt = performance.now();
  for (let reader = 0; reader < readers; reader += 1) {
    const reading = read(await agentOf(world, ended));
    ended.push(() => reading);
  }
  ended.push(() => until.abort());
  return () => (made * 1_000) / (performance.now() - startedAt);
}
