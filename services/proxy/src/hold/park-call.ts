import type { AccessEvent, HeldCall, HoldApprovers } from '@drawbridge/contracts';
import type { GuardDecision } from '@drawbridge/guardrails';
import { EventStoreError, type EventStore } from '@drawbridge/kernel';
import { HoldRefused, type HoldDesk, type HoldTicket } from '@drawbridge/holds';
import type { Guarded } from '../chain/guard-call.js';
import { CallRefused } from '../domain/call-refused.js';
import { headerValue } from '../domain/request-head.js';
import { queryOf } from '../guard/call-under-guard.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import type { CallHistory } from './call-history.js';
import { clusterOf, type AskCluster } from './cluster-question.js';
import { effectOf } from './effect-of.js';
import { heldCallOf } from './held-call-of.js';
import { HoldPending } from './hold-pending.js';
import { partiesOf } from './parties-of.js';
import { seenObject, type SeenObject } from './seen-object.js';
import type { Waited, WaitingRoom } from './waiting-room.js';
import { waitTime } from './wait-time.js';

/** A call that was changed under its hold asks again so often, then its client must. */
const MAX_ROUNDS = 5;
/** When a client that does not wait, or has waited, should come again. */
const AGAIN_SECONDS = 2;

export interface ParkCallParts {
  readonly desk: HoldDesk;
  readonly room: WaitingRoom;
  readonly history: CallHistory;
  /** Access requests, for who may decide. */
  readonly requests: Pick<EventStore<AccessEvent>, 'load'>;
  readonly identities: Pick<IdentityModes, 'assume'>;
  /** Judges the call anew, by everything as it is now. @throws what refuses it */
  readonly judgeAgain: (call: Guarded) => Promise<Guarded>;
  /** Version of the guardrails in force now. */
  readonly policyVersion: () => string;
  /** Whether grant and token of the call are good still. @throws what refuses it */
  readonly recheck: (call: Guarded) => Promise<void>;
  /** How long a connection is kept open for a decision. */
  readonly waitMs: number;
}

/** What is about to be decided. */
interface Parked {
  readonly call: Guarded;
  readonly held: HeldCall;
  readonly seen: SeenObject;
  readonly ask: AskCluster;
}

/**
 * Parks a call until a human has decided about it, and lets it through once.
 *
 * @returns the call as it was judged last, which may be forwarded
 * @throws {@link HoldRefused}, {@link HoldPending}, and whatever refuses a call
 */
export async function parkCall(parts: ParkCallParts, first: Guarded): Promise<Guarded> {
  const deadline = performance.now() + waitMsOf(parts, first);
  let call = first;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (call.guard.effect !== 'hold') {
      await parts.recheck(call);
      if (isInForce(parts, call)) return call;
      call = await parts.judgeAgain(call);
      continue;
    }
    const parked = await park(parts, call);
    const ticket = await ticketOf(parts, parked);
    call.facts.holdId = ticket.holdId;
    const waited = await waitFor(parts, call, { ticket, deadline });
    if (waited === 'approved') {
      const passed = await pass(parts, parked, ticket);
      if (passed.isReleased) return passed.call;
      call = passed.call;
    } else {
      refuseUnlessChanged(waited, ticket);
      if (waited !== 'policy_changed' && waited !== 'cancelled')
        await refuseEnded(parts, parked, ticket);
      call = await parts.judgeAgain(call);
    }
  }
  throw changing();
}

const isInForce = ({ policyVersion }: ParkCallParts, { guard }: Guarded): boolean =>
  guard.policyVersion === policyVersion();

const changing = (): HoldRefused =>
  new HoldRefused('hold_call_changed', 'the call, its object or the policy keeps changing');

function waitMsOf({ waitMs }: ParkCallParts, { request, kube }: Guarded): number {
  return waitTime(waitMs, {
    prefer: headerValue(request.rawHeaders, 'prefer'),
    query: queryOf(kube),
  });
}

async function park({ identities }: ParkCallParts, call: Guarded): Promise<Parked> {
  const ask = clusterOf(call, identities);
  const { kube, mask } = call;
  const seen =
    kube.kind === 'resource'
      ? await seenObject(ask, kube, mask.masker)
      : { answer: undefined, version: '' };
  return { call, seen, ask, held: heldCallOf(call, mask.masker, seen.version) };
}

/** The hold of this very call, or a new one with all that humans are told. */
async function ticketOf(parts: ParkCallParts, parked: Parked): Promise<HoldTicket> {
  const { desk, requests, history } = parts;
  const { call, held, seen, ask } = parked;
  const known = await stored(() => desk.find(held));
  if (known !== undefined) return known;
  const { grant, agent, guard, commandId } = call;
  const parties = await stored(() => partiesOf(requests, grant.accessRequestId));
  if (parties === undefined) throw new HoldRefused('hold_undecidable', undecidable);
  const approvers = approversOf(guard, parties.approvers);
  const effect = await effectOf(
    { ask, masker: call.mask.masker },
    { call, seen, soFar: history.of(grant) },
  );
  const { reason = '', suggestion } = guard.decidedBy ?? {};
  return stored(() =>
    desk.hold({
      ...parties,
      approvers,
      commandId,
      call: held,
      agent,
      accessRequestId: grant.accessRequestId,
      reason,
      ...(suggestion !== undefined && { suggestion }),
      effect,
      grantEndsAt: new Date(grant.endsAtMs).toISOString(),
    }),
  );
}

/** The rule may say who; otherwise those who decide about the grant. */
function approversOf({ decidedBy }: GuardDecision, ofGrant: HoldApprovers): HoldApprovers {
  const { groups = ofGrant.groups, count = 1 } = decidedBy?.approvers ?? {};
  return { groups, ...(count > 1 && { count }) };
}

const undecidable =
  'nobody could approve this call: the access request of its grant says nothing of approvers';

interface Waiting {
  readonly ticket: HoldTicket;
  readonly deadline: number;
}

async function waitFor(
  parts: ParkCallParts,
  call: Guarded,
  { ticket: { holdId, status }, deadline }: Waiting,
): Promise<Waited> {
  if (status === 'approved') return status;
  if (!isInForce(parts, call)) {
    // Held a moment too late for the room to hear of the change.
    await stored(() => parts.desk.cancel(holdId, 'policy_changed', call.commandId));
    return 'policy_changed';
  }
  const waitMs = Math.max(0, deadline - performance.now());
  return stored(() => parts.room.wait(call, { holdId, waitMs }));
}

/** @throws {@link HoldPending} while nobody has decided */
function refuseUnlessChanged(waited: Waited, { holdId, decideBy }: HoldTicket): void {
  if (waited !== 'open' && waited !== 'client_gone') return;
  throw new HoldPending(
    holdId,
    AGAIN_SECONDS,
    `this call waits for an approver as hold ${holdId}, until ${decideBy}; make the very same call again to learn the decision`,
  );
}

/** Of a hold that has ended its own history tells how: nothing can be released any more. */
async function refuseEnded(
  { desk }: ParkCallParts,
  { held, call }: Parked,
  { holdId }: HoldTicket,
): Promise<void> {
  await stored(() => desk.release({ holdId, call: held, commandId: call.commandId }));
}

interface Passed {
  readonly call: Guarded;
  readonly isReleased: boolean;
}

/** Takes an approval, if it is for the call as it is now; otherwise the call has to ask again, or need not ask. */
async function pass(
  parts: ParkCallParts,
  parked: Parked,
  { holdId, status }: HoldTicket,
): Promise<Passed> {
  const isFresh = status === 'approved' && isInForce(parts, parked.call);
  const call = isFresh ? parked.call : await parts.judgeAgain(parked.call);
  if (call.guard.effect !== 'hold') {
    await stored(() => parts.desk.cancel(holdId, 'policy_changed', call.commandId));
    return { call, isReleased: false };
  }
  const { held } = isFresh ? parked : await park(parts, call);
  if (!(await release(parts.desk, call, { holdId, held }))) return { call, isReleased: false };
  // What ended or changed while the approval was taken: it is used up then, and nothing is forwarded.
  await parts.recheck(call);
  if (!isInForce(parts, call)) throw changing();
  return { call, isReleased: true };
}

/** @returns false when it is another call now */
async function release(
  desk: HoldDesk,
  { grant, commandId, answer }: Guarded,
  { holdId, held }: { readonly holdId: string; readonly held: HeldCall },
): Promise<boolean> {
  // An approval is not used up for nobody.
  if (answer.destroyed) throw new CallRefused('request_timeout', 'the client has left');
  const endsAt = new Date(grant.endsAtMs).toISOString();
  const facts = { grantId: grant.grantId, endsAt };
  try {
    await stored(() => desk.release({ holdId, call: held, commandId, grant: facts }));
    return true;
  } catch (error) {
    if (error instanceof HoldRefused && error.code === 'hold_call_changed') return false;
    throw error;
  }
}

/** What cannot be read or kept is no reason to let a call through. */
async function stored<Value>(act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    const message =
      'the gateway cannot keep or read holds at the moment; try again in a few seconds';
    throw new CallRefused('hold_unavailable', message, { cause: error });
  }
}
