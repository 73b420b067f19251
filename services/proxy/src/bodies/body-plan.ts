import type { CallRecording } from '@drawbridge/contracts';
import type { KubeRequest, ResourceRequest } from '../domain/kube-request.js';
import { isLongRunning } from '../domain/long-running.js';

/** Of which bodies of a call how much is kept. */
export interface BodyPlan {
  readonly limits: BodyLimits;
  /** The object is read before it is changed. */
  readonly before: boolean;
}

export type BodyLimits = Pick<CallRecording, 'inlineBytes' | 'maxBytes'>;

const reading = new Set(['get', 'list', 'watch', 'head']);
const changing = new Set(['update', 'patch', 'delete']);
/** What a change of these is about is the object itself. */
const ofObject = new Set(['', 'status', 'scale', 'ephemeralcontainers', 'resize', 'approval']).add(
  'finalize',
);

/**
 * What is kept of the bodies of a call; `undefined`: nothing. Of watches, logs and channels there is no body that ends.
 */
export function bodyPlan(kube: KubeRequest, recording: CallRecording): BodyPlan | undefined {
  if (recording.bodies === 'none' || isLongRunning(kube)) return undefined;
  const writes = !reading.has(kube.verb);
  if (!writes && recording.bodies === 'writes') return undefined;
  const before = writes && recording.before && kube.kind === 'resource' && changesObject(kube);
  return { limits: recording, before };
}

/** Whether it changes one object that is there. */
function changesObject({ verb, name, subresource, verbInPath }: ResourceRequest): boolean {
  return changing.has(verb) && name !== '' && ofObject.has(subresource) && !verbInPath;
}
