import type { RecordedBody } from '../recorded-body.js';
import { isSuccess, objectOf, type RecordedCall } from './recorded-call.js';

/** Why a call is not made again. */
export type SkipReason =
  | 'refused'
  | 'no_end'
  | 'not_a_resource'
  | 'path_unclear'
  | 'answered_by_gateway'
  | 'channel'
  | 'credential'
  | 'log'
  | 'watch'
  | 'request_not_recorded'
  | 'answer_not_recorded'
  | 'before_not_recorded'
  | 'object_unknown'
  | 'resource_unknown'
  | 'not_confirmed';

/** The same for people. */
export const skipWords: Readonly<Record<SkipReason, string>> = {
  refused: 'Drawbridge refused it: it never reached the cluster',
  no_end: 'no whole answer was recorded',
  not_a_resource: 'discovery, which says what the cluster serves',
  path_unclear: 'its path is none that the gateway forwards: it was not recorded by one',
  answered_by_gateway: 'the gateway answered it, not the cluster',
  channel: 'a channel into a pod: play its recording',
  credential: 'it gives out a credential',
  log: 'a log: nothing in the sandbox writes it',
  watch: 'a watch ends when somebody ends it',
  request_not_recorded: 'its body is not recorded whole (one in protobuf never is as it was)',
  answer_not_recorded: 'the body of its answer is not recorded whole, or is no JSON',
  before_not_recorded: 'what it changed was not recorded as it was before',
  object_unknown: 'the object is nowhere shown in the record',
  resource_unknown: 'the sandbox does not serve this resource',
  not_confirmed: 'it changes something, which needs --yes on a cluster of yours',
};

/** By subresource. */
const opened: Readonly<Record<string, SkipReason>> = {
  exec: 'channel',
  attach: 'channel',
  portforward: 'channel',
  proxy: 'channel',
  token: 'credential',
  log: 'log',
};

/** Whether the record itself says that a call cannot be made again, and why. */
export function skipReason(call: RecordedCall): SkipReason | undefined {
  const { decision, outcome } = call.command;
  if (decision?.effect !== 'allow' || outcome === 'refused') return 'refused';
  return kindReason(call.command) ?? (outcome === 'completed' ? bodyReason(call) : 'no_end');
}

function kindReason({
  resource,
  subresource,
  verb,
  decision,
  path,
  query,
}: RecordedCall['command']): SkipReason | undefined {
  if (!isPlainPath(path)) return 'path_unclear';
  if (resource === '' || !/^\/apis?\//.test(path)) return 'not_a_resource';
  if (decision?.reason === 'self_review') return 'answered_by_gateway';
  // What is sent is the path: a file may say something else of it.
  const named = [subresource, ...belowObject(path)];
  const [opening] = named.filter((segment) => Object.hasOwn(opened, segment));
  const reason = opening === undefined ? undefined : opened[opening];
  return reason ?? (verb === 'watch' || asksForWatch(path, query) ? 'watch' : undefined);
}

/**
 * Whether the cluster reads a path as it is read here. The gateway forwards no other; a file that somebody made may say
 * `p%2Fexec`, which is a channel, or `token?x`, which is a credential.
 */
const isPlainPath = (path: string): boolean =>
  path
    .split('/')
    .slice(1)
    .every((segment) => /^[^\s/\\%?#;\p{Cc}]+$/u.test(decoded(segment)) && !isDots(segment)) &&
  /^\/[!-"$->@-[\]-~]*$/.test(path);

const isDots = (segment: string): boolean => ['.', '..'].includes(decoded(segment));

/** As the API server reads it, whatever verb a file says. */
function asksForWatch(path: string, query: string): boolean {
  const values = new URLSearchParams(query).getAll('watch');
  const isPrefix = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/watch\//.test(path);
  return isPrefix || values.some((value) => !['0', 'false'].includes(value.toLowerCase()));
}

/** What stands behind the name of the object in a path, as the cluster reads it. */
function belowObject(path: string): readonly string[] {
  const inGroup = path.replace(/^\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\//, '');
  const segments = inGroup.replace(/^namespaces\/[^/]+\/(?=.)/, '').split('/');
  return segments.slice(2).map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function bodyReason({ command, bodies }: RecordedCall): SkipReason | undefined {
  if (command.requestBytes > 0 && !isKept(bodies.request)) return 'request_not_recorded';
  // What failed is told by its status alone.
  const isAnswered = objectOf(bodies.response) !== undefined;
  return isSuccess(command) && !isAnswered ? 'answer_not_recorded' : undefined;
}

/** What is kept of protobuf: JSON that no cluster reads. */
const FIELDS = 'application/vnd.drawbridge.protobuf-fields+json';

const isKept = (body: RecordedBody | undefined): boolean =>
  body !== undefined &&
  body.cut === undefined &&
  !body.contentType.startsWith(FIELDS) &&
  (body.text !== undefined || body.base64 !== undefined);
