import { createHash } from 'node:crypto';
import type { ResourceRequest } from '../domain/kube-request.js';
import type { AskCluster, ClusterAnswer } from './cluster-question.js';
import { isRecord, textAt } from './json-at.js';
import { objectPath } from './object-path.js';

/** The object of a call, as it was when the call was held. */
export interface SeenObject {
  /** `undefined`: there is none, or the gateway may not see it. */
  readonly answer: ClusterAnswer | undefined;
  /** Which state of it: what is approved is approved for this one only. */
  readonly version: string;
}

const nothing: SeenObject = { answer: undefined, version: '' };

/** Looks at the object that a call is about, if it names one. @throws when the cluster cannot be asked */
export async function seenObject(ask: AskCluster, kube: ResourceRequest): Promise<SeenObject> {
  if (kube.name === '' || kube.verbInPath) return nothing;
  const answer = await ask({ method: 'GET', target: objectPath(kube) });
  if (answer.statusCode !== 200) return { ...nothing, version: `none ${answer.statusCode}` };
  const object: unknown = JSON.parse(answer.body.toString('utf8'));
  return { answer, version: versionOf(object) };
}

/**
 * The resourceVersion; of what has a status, a digest of all the rest: controllers write the status of a busy
 * object every other second, and an approval would be void before anybody could give it.
 */
function versionOf(object: unknown): string {
  if (!isRecord(object) || object['status'] === undefined) {
    return textAt(object, 'metadata', 'resourceVersion');
  }
  const { status: _status, metadata, ...rest } = object;
  const fields = isRecord(metadata) ? metadata : {};
  const { resourceVersion: _version, managedFields: _managed, ...kept } = fields;
  const text = JSON.stringify([kept, rest]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
