import { opensChannel } from '../domain/access-attributes.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import { formatKubeQuery, parseKubeQuery } from '../domain/kube-query.js';
import type { ClusterQuestion } from './cluster-question.js';
import { isRecord } from './json-at.js';

const methods: Readonly<Record<string, ClusterQuestion['method']>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};
/** Where the API server itself honours `dryRun`. Of others nobody knows; a token, for one, is made all the same. */
const subresources = new Set([
  '',
  'status',
  'scale',
  'eviction',
  'approval',
  'ephemeralcontainers',
  'resize',
]);

/** Whether nothing comes of such a call as a dry-run, and its answer says what would. */
export const hasDryRun = ({ verb, verbInPath, subresource }: ResourceRequest): boolean =>
  Object.hasOwn(methods, verb) && !verbInPath && subresources.has(subresource);

export interface DryRunInput {
  readonly kube: ResourceRequest;
  readonly userAgent: string | undefined;
  readonly contentType: string;
  readonly body: Buffer | undefined;
}

/**
 * The same call as a dry-run.
 *
 * @returns words for why there is none, when the cluster has no dry-run of such a call
 */
export function dryRunOf(input: DryRunInput): ClusterQuestion | string {
  const { kube, userAgent, contentType, body } = input;
  const method = methods[kube.verb];
  if (opensChannel(kube)) return 'what happens in a session cannot be known before';
  if (method === undefined || !hasDryRun(kube)) {
    return 'the cluster has no dry-run of such a call';
  }
  const [path = '', query = ''] = kube.target.split('?', 2);
  const others = parseKubeQuery(query).filter(([key]) => key !== 'dryRun');
  return {
    method,
    target: `${path}${formatKubeQuery([...others, ['dryRun', 'All']])}`,
    userAgent,
    body: method === 'DELETE' ? deleteOptions(contentType, body) : bodyOf(contentType, body),
  };
}

const bodyOf = (type: string, bytes: Buffer | undefined) =>
  bytes === undefined ? undefined : { type, bytes };

/**
 * With a body, the cluster does not read the query of a delete: the body must say that it is a dry-run, or the
 * object would be gone. What a client wrote in another format than JSON is left out; it changes nothing that is
 * shown.
 */
function deleteOptions(contentType: string, body: Buffer | undefined) {
  const options = {
    ...optionsOf(contentType, body),
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    dryRun: ['All'],
  };
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(options)) };
}

function optionsOf(
  contentType: string,
  body: Buffer | undefined,
): Readonly<Record<string, unknown>> {
  if (body === undefined || !/^application\/json\s*(?:;|$)/i.test(contentType)) return {};
  try {
    const options: unknown = JSON.parse(body.toString('utf8'));
    // Go reads names of fields in any case: "DryRun" could undo ours.
    return isRecord(options)
      ? Object.fromEntries(Object.entries(options).filter(([key]) => kept.has(key)))
      : {};
  } catch {
    return {};
  }
}

const kept = new Set([
  'gracePeriodSeconds',
  'orphanDependents',
  'preconditions',
  'propagationPolicy',
]);
