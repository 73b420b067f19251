import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../machine/process-usage.js';
import { inSlack, overHttp, type Click, type Ready } from './clicks.js';
import { Errand, type Usable } from './errand.js';
import type { LifeWorld } from './life-world.js';

/** A human takes longer; here it is enough that nothing else is under way. */
const SETTLE_MS = 50;

export interface LifeRow {
  readonly name: 'warm-up' | 'alone' | 'team' | 'slack' | 'http';
  readonly title: string;
  readonly by: Ready;
  /** Whether all requests wait together and are approved at once; otherwise one follows the other. */
  readonly together: boolean;
  /** Milliseconds from one click to the next where requests wait together. @default 0 */
  readonly gapMs?: number;
}

export const lifeRows: readonly LifeRow[] = [
  { name: 'alone', title: 'in Slack, one after the other', by: inSlack, together: false },
  // Eight humans who press five buttons a second each: more than any can read.
  {
    name: 'team',
    title: 'in Slack, all wait, 40 clicks a second',
    by: inSlack,
    together: true,
    gapMs: 25,
  },
  { name: 'slack', title: 'in Slack, all at once', by: inSlack, together: true },
  { name: 'http', title: 'over HTTP, all at once', by: overHttp, together: true },
];

/** Milliseconds. */
export interface ClickTimes {
  /** From the request to its card. */
  readonly card: number;
  /** From the click to the instant of the event; these are whole milliseconds. */
  readonly given: number;
  readonly approved: number;
  readonly issued: number;
  /** From the click until the agent heard that it is granted. */
  readonly told: number;
  /** From the click until a call under the grant was answered. */
  readonly usable: number;
  /** From the click until whoever clicked had an answer; the agent does not wait for it. */
  readonly acknowledged: number;
  /** Calls that the gateway refused although the agent had been told. */
  readonly refusals: number;
}

export interface MeasuredRow {
  readonly row: LifeRow;
  readonly requestIds: readonly string[];
  readonly clicks: readonly ClickTimes[];
  /** Of each process while clicks were under way: CPU milliseconds for each click. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Which deployments a row with so many requests needs: agents ask for the same, each for each only once. */
export const deploymentsOf = (name: string, requests: number, agents: number): readonly string[] =>
  Array.from({ length: Math.ceil(requests / agents) }, (_, round) => `${name}-${round}`);

/** @param requests - how many in all; agents take turns */
export async function measureRow(
  world: LifeWorld,
  row: LifeRow,
  requests: number,
): Promise<MeasuredRow> {
  const { agentTokens } = world.parts.standIns.at;
  const errands = Array.from({ length: requests }, (_, number) => {
    const token = agentTokens[number % agentTokens.length] ?? '';
    const deployment = `${row.name}-${Math.floor(number / agentTokens.length)}`;
    return new Errand({ parts: world.parts, token, deployment });
  });
  const batches = row.together ? [errands] : errands.map((errand) => [errand]);
  const clicks: ClickTimes[] = [];
  const used = new Map<string, number>();
  try {
    for (const batch of batches) clicks.push(...(await runBatch({ world, row, used }, batch)));
  } finally {
    for (const errand of errands) errand.close();
  }
  const cpuMs = Object.fromEntries(
    [...used].map(([name, seconds]) => [name, (seconds * 1_000) / requests]),
  );
  return { row, requestIds: errands.map(({ requestId }) => requestId), clicks, cpuMs };
}

interface Running {
  readonly world: LifeWorld;
  readonly row: LifeRow;
  /** CPU seconds by process, which grow. */
  readonly used: Map<string, number>;
}

async function runBatch(running: Running, errands: readonly Errand[]): Promise<ClickTimes[]> {
  const { world, row } = running;
  const { parts } = world;
  // What Slack is still to be told of earlier requests.
  await parts.stream.settled();
  const cards = await Promise.all(errands.map((errand) => askForCard(parts, errand)));
  const waiting = await Promise.all(errands.map((errand) => errand.follow()));
  const fingers = await row.by(
    parts,
    errands.map(({ requestId }) => requestId),
  );
  await parts.stream.settled();
  await delay(SETTLE_MS);
  const stopCounting = countCpu(running);
  const clicked = await clickAll(fingers, row.gapMs ?? 0);
  const answers = await Promise.all(clicked.map(({ answered }) => answered));
  const refused = answers.find(({ status }) => status !== 200);
  if (refused !== undefined) throw new Error(`a click was answered ${refused.status}`);
  const usable = await Promise.all(waiting.map((each) => each.usable));
  stopCounting();
  return Promise.all(
    errands.map(async ({ requestId }, index) => ({
      card: at(cards, index),
      ...(await timesOf(parts, requestId, {
        clickedAt: at(clicked, index).at,
        acknowledgedAt: at(answers, index).at,
        ...at(usable, index),
      })),
    })),
  );
}

interface Clicked {
  readonly at: number;
  readonly answered: Promise<{ readonly status: number; readonly at: number }>;
}

async function clickAll(fingers: readonly Click[], gapMs: number): Promise<Clicked[]> {
  const clicked: Clicked[] = [];
  const startedAt = performance.now();
  for (const [number, finger] of fingers.entries()) {
    // By the clock and not one after the other, so that a slow answer does not slow the humans down.
    const leftMs = startedAt + number * gapMs - performance.now();
    if (leftMs > 0) await delay(leftMs);
    const at = performance.now();
    const answered = finger().then((status) => ({ status, at: performance.now() }));
    clicked.push({ at, answered });
  }
  return clicked;
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no number ${index}`);
  return item;
}

async function askForCard({ stream }: LifeWorld['parts'], errand: Errand): Promise<number> {
  const sentAt = await errand.ask();
  return (await stream.card(errand.requestId)) - sentAt;
}

interface Moments extends Usable {
  readonly clickedAt: number;
  readonly acknowledgedAt: number;
}

async function timesOf(
  { stream }: LifeWorld['parts'],
  requestId: string,
  { clickedAt, acknowledgedAt, toldAt, usableAt, refusals }: Moments,
): Promise<Omit<ClickTimes, 'card'>> {
  const clickedAtMs = performance.timeOrigin + clickedAt;
  const since = async (type: 'ApprovalGiven' | 'AccessRequestApproved' | 'GrantIssued') =>
    (await stream.instant(requestId, type)) - clickedAtMs;
  return {
    given: await since('ApprovalGiven'),
    approved: await since('AccessRequestApproved'),
    issued: await since('GrantIssued'),
    told: toldAt - clickedAt,
    usable: usableAt - clickedAt,
    acknowledged: acknowledgedAt - clickedAt,
    refusals,
  };
}

/** @returns what adds what each process has used since */
function countCpu({ world, used }: Running): () => void {
  const { pids } = world.parts;
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, from: ownCpu(pid) }));
  return () => {
    for (const { name, pid, from } of before)
      used.set(name, (used.get(name) ?? 0) + ownCpu(pid) - from);
  };
}

/** The bench has started all others, and what they use is theirs. */
function ownCpu(pid: number): number {
  if (pid !== process.pid) return cpuSeconds(pid);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
