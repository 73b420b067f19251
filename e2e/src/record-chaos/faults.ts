import { SessionFrame } from '@drawbridge/contracts';
import { z } from 'zod';
import type { ReceivedCall } from '../recording-cluster.js';
import type { Answered, SeenSession } from './load.js';
import { streams, type Digests, type StoredRecord, type Stream } from './stored-record.js';

export interface Happened {
  /** All that reached the cluster. */
  readonly received: readonly ReceivedCall[];
  readonly answered: readonly Answered[];
  readonly sessions: readonly SeenSession[];
  readonly inStreams: Readonly<Record<Stream, Digests>>;
}

/**
 * What is wrong with a record, by kind; each list is empty when nothing is. What the cluster, the client and the
 * streams know of is compared with the rows, and the rows with what the cluster knows of.
 */
export function faultsOf(happened: Happened, stored: StoredRecord) {
  const commands = new Map(stored.commands.map((command) => [command.id, command]));
  const [own, agents] = divide(happened.received, isOwn);
  const ids = new Set(agents.map(({ commandId }) => commandId));
  // An object is read under the id of its change, too.
  const lost = new Set(readsLost(happened, stored));
  const asked = agents.filter((call) => isAsked(call.url) && !lost.has(call));
  const once = Map.groupBy(asked, ({ commandId }) => commandId);
  return {
    changedByGateway: own.filter(({ method, url }) => method !== 'GET' && !isDryRun(url)),
    ranUnrecorded: agents.filter((call) => !commands.has(call.commandId) && !lost.has(call)),
    forwardedTwice: [...once].filter(([, calls]) => calls.length > 1).map(([id]) => id),
    notOneRow: stored.commands.filter(({ rows }) => rows !== 1).map(({ id }) => id),
    // Whose start is recorded and who reached nobody has ended otherwise, or not at all.
    completedWithoutCluster: stored.commands
      .filter(({ id, outcome }) => outcome === 'completed' && !ids.has(id))
      .map(({ id }) => id),
    ofAnotherCall: asked.filter((call) => !isOf(call, commands.get(call.commandId))),
    ...bodyFaults({ ...happened, received: agents }, stored),
    ...sessionFaults({ ...happened, received: agents }, stored),
    differ: streams.flatMap((stream) =>
      differing(happened.inStreams[stream], stored.digests[stream]).map((at) => `${stream} ${at}`),
    ),
  };
}

/**
 * Reads that reached the cluster with no record, and whose answer nobody has seen: a gateway sends them with their
 * record, which is lost when it dies at the same time as the bus. ADR 56.
 */
export function readsLost(
  { received, answered }: Happened,
  { commands }: StoredRecord,
): readonly ReceivedCall[] {
  const recorded = new Set(commands.map(({ id }) => id));
  const seen = new Set(answered.map(({ call }) => call));
  return received.filter(
    (call) =>
      call.method === 'GET' &&
      new URL(call.url, 'https://cluster.test').pathname.endsWith('/deployments/checkout') &&
      !isOwn(call) &&
      !recorded.has(call.commandId) &&
      !seen.has(callOf(call.url) ?? ''),
  );
}

/** What the gateway asks to judge a call, before it decides, has an id of version 8; `docs/reconcile.md` says why. */
export const isOwn = ({ commandId }: ReceivedCall): boolean => commandId[14] === '8';
const isDryRun = (url: string): boolean => url.includes('dryRun=All');

function divide<Item>(items: readonly Item[], isFirst: (item: Item) => boolean) {
  const parts = Map.groupBy(items, isFirst);
  return [parts.get(true) ?? [], parts.get(false) ?? []] as const;
}

/** The gateway itself asks without: for an object before it is changed. */
const isAsked = (url: string): boolean => /[?&](?:call|command)=/.test(url);

const isOf = (
  { method, url }: ReceivedCall,
  command: StoredRecord['commands'][number] | undefined,
) => command !== undefined && method === command.method && url.split('?')[0] === command.path;

function differing(inStream: Digests, inRows: Digests): readonly number[] {
  const sequences = new Set([...inStream.keys(), ...inRows.keys()]);
  return [...sequences].filter((each) => inStream.get(each) !== inRows.get(each));
}

const callOf = (url: string): string | undefined =>
  new URL(url, 'https://cluster.test').searchParams.get('call') ?? undefined;

/** Bodies that a client has whole, and those of requests that the cluster has, are on the record as they were. */
function bodyFaults({ received, answered }: Happened, { bodies }: StoredRecord) {
  const kept = new Map(bodies.map((body) => [`${body.id} ${body.direction}`, body]));
  const commandOf = new Map(received.map(({ url, commandId }) => [callOf(url), commandId]));
  const isKept = (call: string, direction: string, digest: string) =>
    kept.get(`${commandOf.get(call)} ${direction}`)?.sha256 === digest;
  return {
    answeredByNobody: answered.filter(({ call }) => !commandOf.has(call)),
    requestsNotKept: received.filter(
      ({ method, commandId }) => method === 'PATCH' && !kept.has(`${commandId} request`),
    ),
    requestsDiffer: answered.filter(
      ({ call, request }) => request !== undefined && !isKept(call, 'request', request),
    ),
    bodiesTwice: [...Map.groupBy(bodies, ({ id, direction }) => `${id} ${direction}`)]
      .filter(([, rows]) => rows.length > 1)
      .map(([key]) => key),
    responsesDiffer: answered.filter(({ call, response }) => {
      const body = kept.get(`${commandOf.get(call)} response`);
      return body !== undefined && body.sha256 !== response;
    }),
  };
}

/** Those of whose answer the record has the bytes: the end of a call is lost with its gateway, and its answer with it. */
export function keptAnswers(
  { received, answered }: Happened,
  { bodies }: StoredRecord,
): ReadonlySet<Answered> {
  const kept = new Set(
    bodies.flatMap(({ id, direction }) => (direction === 'response' ? [id] : [])),
  );
  const calls = new Set(
    received.flatMap(({ url, commandId }) => (kept.has(commandId) ? [callOf(url)] : [])),
  );
  return new Set(answered.filter(({ call }) => calls.has(call)));
}

/** A recording that has an end has all that its client saw; one without, no less than its beginning and nothing else. */
function sessionFaults({ received, sessions }: Happened, { pieces }: StoredRecord) {
  const commandOf = new Map(
    received.flatMap(({ url, commandId }) => {
      const call = new URL(url, 'https://cluster.test').searchParams.getAll('command')[1];
      return call === undefined ? [] : [[call, commandId] as const];
    }),
  );
  const recordings = Map.groupBy(pieces, ({ id }) => id);
  const sessionsDiffer = sessions.filter(({ call, output }) => {
    const recording = recordings.get(commandOf.get(call) ?? '') ?? [];
    const recorded = recording.map(({ frames }) => outputOf(frames)).join('');
    const isWhole = recording.some(({ ending }) => ending !== '');
    return isWhole ? !recorded.startsWith(output) : !isStartOf(recorded, output);
  });
  const piecesMissing = [...recordings].filter(([, recording]) =>
    recording.some(({ index }, place) => index !== place),
  );
  return { sessionsDiffer, piecesMissing: piecesMissing.map(([id]) => id) };
}

const isStartOf = (some: string, other: string): boolean =>
  some.startsWith(other) || other.startsWith(some);

const outputOf = (frames: string): string =>
  z
    .array(SessionFrame)
    .parse(JSON.parse(frames))
    .map(([, code, data]) => (code === 'o' ? data : ''))
    .join('');
