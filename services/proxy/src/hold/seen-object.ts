import type { ResourceRequest } from '../domain/kube-request.js';
import type { AskCluster, ClusterAnswer } from './cluster-question.js';
import { isRecord, textAt } from './json-at.js';
import type { EffectMasker } from './masked-json.js';
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
export async function seenObject(
  ask: AskCluster,
  kube: ResourceRequest,
  masker: EffectMasker,
): Promise<SeenObject> {
  if (kube.name === '' || kube.verbInPath) return nothing;
  const answer = await ask({ method: 'GET', target: objectPath(kube) });
  if (answer.statusCode !== 200) return { ...nothing, version: `none ${answer.statusCode}` };
  const object: unknown = JSON.parse(answer.body.toString('utf8'));
  return { answer, version: versionOf(object, masker) };
}

/**
 * The resourceVersion; of what has a status, a digest of all the rest: controllers write the status of a busy
 * object every other second, and an approval would be void before anybody could give it.
 */
function versionOf(object: unknown, masker: EffectMasker): string {
  if (!isRecord(object) || object['status'] === undefined) {
    return textAt(object, 'metadata', 'resourceVersion');
  }
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const text = JSON.stringify([
    without(metadata, ['resourceVersion', 'managedFields']),
    without(object, ['status', 'metadata']),
  ]);
  return `content ${masker.digest(Buffer.from(text))}`;
}

const without = (record: Readonly<Record<string, unknown>>, keys: readonly string[]) =>
  Object.entries(record).filter(([key]) => !keys.includes(key));
