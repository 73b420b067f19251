import type { UnrecordedReason } from '@drawbridge/contracts';
import type { ClusterCall } from './cluster-call.js';
import { idMadeAt } from './id-made-at.js';

/** What the record says of the command whose id a call carries. */
export interface KnownCommand {
  readonly connection: string;
  readonly effect: string;
  readonly grant_id: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly verb: string;
  readonly api_group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly received_at: string;
  /** Absent while it is not over. */
  readonly ended_at: string | null;
}

export interface Evidence {
  /** By the id of the call. */
  readonly command: KnownCommand | undefined;
  /** Whether the cluster has seen another call with this id before. */
  readonly isSeenBefore: boolean;
  /** Since when agents are impersonated in this cluster; absent where they are not. */
  readonly impersonatingSince: Date | undefined;
}

/** By how much the clocks of gateway and cluster may differ. */
const TOLERANCE_MS = 300_000;
/** How long a change of the configuration may take until all go by it. */
const CHANGE_MS = 60_000;
/** `RequestReceived`. */
const RECEIVED = 0;
/** Recorded paths and queries are cut there. */
const MAX_RECORDED = 2_048;
/** Begins what stands where something was masked before it was recorded. */
const MASKED = 'drawbridge:masked:';

/**
 * Why the record does not explain a call, or `undefined` when it does.
 *
 * Whoever has stolen the credential chooses all headers. So it is not enough that a command of that id exists: it must
 * have been this call, at that time, as that agent, and the id is good for one call.
 */
export function unexplained(call: ClusterCall, evidence: Evidence): UnrecordedReason | undefined {
  const { command, isSeenBefore } = evidence;
  if (call.is_own === 1) {
    const madeAt = idMadeAt(call.audit_id);
    if (!isBetween(call, madeAt, madeAt)) return 'other_time';
    return isSeenBefore ? 'id_used_again' : undefined;
  }
  if (command === undefined) return 'no_such_command';
  return mismatch(call, command, evidence) ?? (isSeenBefore ? 'id_used_again' : undefined);
}

function mismatch(
  call: ClusterCall,
  command: KnownCommand,
  { impersonatingSince }: Evidence,
): UnrecordedReason | undefined {
  if (command.connection !== call.connection) return 'other_connection';
  if (command.effect !== 'allow') return 'refused_command';
  if (!isSameCall(call, command)) return 'other_call';
  if (!isSameIdentity(call, command, impersonatingSince)) return 'other_identity';
  const end = command.ended_at === null ? undefined : new Date(command.ended_at);
  return isBetween(call, new Date(command.received_at), end) ? undefined : 'other_time';
}

function isSameCall(call: ClusterCall, command: KnownCommand): boolean {
  return (
    isSameVerb(call, command) &&
    (call.resource === '' || isSameObject(call, command)) &&
    isSamePath(call.path, command.path) &&
    (call.dry_run === 1) === isDryRun(command.query)
  );
}

/** What opens a channel is recorded as it is judged; the cluster may call a GET of it a get. */
function isSameVerb({ verb }: ClusterCall, command: KnownCommand): boolean {
  if (verb === command.verb) return true;
  const opens = ['exec', 'attach', 'portforward', 'proxy'].includes(command.subresource);
  if (opens) return verb === 'get' && command.method === 'GET';
  return command.resource === '' && verb === command.method.toLowerCase();
}

/** The name of what is created is not in its path, and the cluster may tell it all the same: the path is compared. */
const isSameObject = (call: ClusterCall, command: KnownCommand): boolean =>
  call.api_group === command.api_group &&
  call.resource === command.resource &&
  call.subresource === command.subresource &&
  (call.namespace === command.namespace || command.resource === 'namespaces');

function isSamePath(path: string, recorded: string): boolean {
  if (recorded.length >= MAX_RECORDED) return path.startsWith(recorded.slice(0, MAX_RECORDED));
  if (path === recorded) return true;
  // What was masked in the record cannot be compared; the rest of the path can.
  if (!recorded.includes(MASKED)) return false;
  const [ours, theirs] = [recorded.split('/'), path.split('/')];
  return (
    ours.length === theirs.length &&
    ours.every((part, index) => part === theirs[index] || part.includes(MASKED))
  );
}

const isDryRun = (query: string): boolean => /(?:^|&)dryRun=All(?:&|$)/.test(query);

function isSameIdentity(
  call: ClusterCall,
  command: KnownCommand,
  since: Date | undefined,
): boolean {
  // The API server writes that it received a call before it looks whom it is for; a later stage says that.
  if (call.stage === RECEIVED) return true;
  if (call.impersonated_user === '') {
    // Not every gateway learns at the same moment that it has to.
    return since === undefined || Date.parse(call.received_at) < since.getTime() + CHANGE_MS;
  }
  return (
    call.impersonated_command === call.audit_id && call.impersonated_grant === command.grant_id
  );
}

function isBetween({ received_at: at }: ClusterCall, from: Date, until: Date | undefined): boolean {
  const time = Date.parse(at);
  const isLate = until !== undefined && time > until.getTime() + TOLERANCE_MS;
  return time >= from.getTime() - TOLERANCE_MS && !isLate;
}
