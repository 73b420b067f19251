import type { CallIdentity } from '../credentials/credential.js';
import type { Allowed } from './authorize-call.js';

/** On whose behalf a judged call goes to the cluster. */
export const callIdentity = ({ agent, grant, commandId }: Allowed): CallIdentity => ({
  agent,
  grantId: grant.grantId,
  accessRequestId: grant.accessRequestId,
  commandId,
  grantEndsAtMs: grant.endsAtMs,
});
