import { z } from 'zod';
import type { ClusterCall } from '../domain/cluster-call.js';

const MAX_ID = 128;
const MAX_WORD = 512;
const MAX_URI = 4_096;
const MAX_ADDRESSES = 8;

/** What the table cannot hold would keep all behind it from being stored. */
const KEPT_YEAR = /^2[01]/;

/** Longer than anything of ours; what is cut off can match nothing. */
const cut = (length: number) => z.string().transform((text) => text.slice(0, length));
const word = cut(MAX_WORD);
const optionalWord = word.default('');
const User = z.object({
  username: optionalWord,
  extra: z.record(z.string(), z.array(word)).default({}),
});
const ObjectReference = z.object({
  resource: optionalWord,
  namespace: optionalWord,
  name: optionalWord,
  apiGroup: optionalWord,
  apiVersion: optionalWord,
  subresource: optionalWord,
});

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;

/**
 * What is read of an `audit.k8s.io/v1` Event; all levels have it.
 *
 * @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
export const ClusterEvent = z.object({
  auditID: cut(MAX_ID),
  stage: z.enum(stages),
  requestURI: cut(MAX_URI),
  verb: word,
  user: User,
  impersonatedUser: User.prefault({}),
  sourceIPs: z.array(word).max(1_000).default([]),
  userAgent: optionalWord,
  /** All of it is `''` of what is no resource. */
  objectRef: ObjectReference.prefault({}),
  responseStatus: z.object({ code: z.int().min(0).max(65_535).default(0) }).prefault({}),
  requestReceivedTimestamp: z.iso.datetime({ offset: true }).regex(KEPT_YEAR),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;

/** @param isOwn - whether a gateway made the id of the event for this call of its own */
export function clusterCall(
  connection: string,
  event: ClusterEvent,
  isOwn: (event: ClusterEvent) => boolean,
): ClusterCall {
  const { objectRef: about, impersonatedUser: as } = event;
  const [path = '', query = ''] = event.requestURI.split(/\?(.*)/s, 2);
  return {
    connection,
    audit_id: event.auditID,
    received_at: microseconds(event.requestReceivedTimestamp),
    stage: stages.indexOf(event.stage),
    user: event.user.username,
    impersonated_user: as.username,
    impersonated_command: firstOf(as.extra['drawbridge.dev/command']),
    impersonated_grant: firstOf(as.extra['drawbridge.dev/grant']),
    verb: event.verb,
    api_group: about.apiGroup,
    api_version: about.apiVersion,
    resource: about.resource,
    subresource: about.subresource,
    namespace: about.namespace,
    name: about.name,
    path,
    dry_run: /(?:^|&)dryRun=All(?:&|$)/.test(query) ? 1 : 0,
    is_own: isOwn(event) ? 1 : 0,
    status: event.responseStatus.code,
    source_ips: event.sourceIPs.slice(0, MAX_ADDRESSES),
    user_agent: event.userAgent,
  };
}

const firstOf = (values: readonly string[] | undefined): string => values?.[0] ?? '';

/** The method of a call, which the log does not name; of a call that opens a channel it is a guess. */
export const methodOf = ({ verb, objectRef }: ClusterEvent): string =>
  objectRef.resource === '' ? verb.toUpperCase() : (methodOfVerb.get(verb) ?? '');

const methodOfVerb: ReadonlyMap<string, string> = new Map([
  ['get', 'GET'],
  ['list', 'GET'],
  ['watch', 'GET'],
  ['create', 'POST'],
  ['update', 'PUT'],
  ['patch', 'PATCH'],
  ['delete', 'DELETE'],
  ['deletecollection', 'DELETE'],
]);

/** RFC 3339 in UTC with six digits behind the point. */
function microseconds(instant: string): string {
  const [, digits = ''] = /\.(\d+)/.exec(instant) ?? [];
  const seconds = new Date(instant.replace(/\.\d+/, '')).toISOString().slice(0, 19);
  return `${seconds}.${digits.slice(0, 6).padEnd(6, '0')}Z`;
}
