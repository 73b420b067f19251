import type { CallIdentity } from '../credentials/credential.js';
import type { Tracked } from './track-live.js';

/** On whose behalf a judged call goes to the cluster. */
export const callIdentity = ({ agent, grant, commandId }: Tracked): CallIdentity => ({
  agent,
  grantId: grant.grantId,
  accessRequestId: grant.accessRequestId,
  commandId,
  grantEndsAtMs: grant.endsAtMs,
});
