import type { KubeObject } from '../kube-object.js';

/**
 * The fault knob: `failing` on a Deployment makes the pods of its present revision fail their readiness
 * probe until the next rollout, which takes the annotation away. On a pod (or a pod template) it makes that
 * pod fail for as long as it stands there.
 */
export const readinessAnnotation = 'sandbox.drawbridge.dev/readiness';

/** Which revision of a Deployment the fault has hit; kept by the controller. */
export const faultRevisionAnnotation = 'sandbox.drawbridge.dev/readiness-fault-revision';

/** True if the object's pods are to fail their readiness probe. */
export function failsReadiness(object: KubeObject | undefined): boolean {
  return object?.metadata.annotations?.[readinessAnnotation] === 'failing';
}
