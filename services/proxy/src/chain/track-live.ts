import { isLongRunning } from '../domain/long-running.js';
import { CutSwitch } from '../streams/cut-switch.js';
import { PauseSwitch } from '../streams/pause-switch.js';
import type { CallIdentity } from '../credentials/credential.js';
import type { LiveCalls } from '../streams/live-calls.js';
import { callIdentity } from './call-identity.js';
import type { Step } from './exchange.js';
import type { Guarded } from './guard-call.js';

export interface Tracked extends Guarded {
  readonly cutSwitch: CutSwitch;
  /** Of calls that may go on for long. */
  readonly pauseSwitch: PauseSwitch | undefined;
  /** On whose behalf it goes to the cluster. */
  readonly identity: CallIdentity;
}

/**
 * Ties the call to its grant, token and connection before it is recorded: whatever ends one of them from now
 * on ends the call, also while its record is still on its way.
 */
export const trackLive =
  (live: LiveCalls): Step<Guarded, Tracked> =>
  (next) =>
  (call) => {
    const cutSwitch = new CutSwitch();
    const longRunning = isLongRunning(call.kube);
    const pauseSwitch = longRunning ? new PauseSwitch() : undefined;
    const remove = live.add({
      commandId: call.commandId,
      grantId: call.grant.grantId,
      connection: call.connection,
      issuer: call.agent.issuer,
      subject: call.agent.subject,
      grant: call.grant,
      tokenExpiresAtMs: call.tokenExpiresAt.getTime(),
      longRunning,
      pauseSwitch,
      cut: (reason) => cutSwitch.cut(reason),
    });
    call.ends.push(remove);
    return next({ ...call, cutSwitch, pauseSwitch, identity: callIdentity(call) });
  };
