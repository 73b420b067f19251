import type { HumanStep, Principal, StepUp, StepUpProof } from '@drawbridge/contracts';
import { isSameHuman, likenessTo, ownerRefusal } from './quorum.js';
import type { FactOf, Parties, PartyRefusal, StepProgress } from './step-approval.js';

/** How far the clock of an identity provider may be ahead of ours. */
const SKEW_MS = 60_000;
/** How far it may be behind, where a login must be newer than something of ours. */
const BEHIND_MS = 5_000;

/** Why somebody has no say whatever groups they are in; being an administrator changes nothing. */
export function partyRefusal(
  approver: Principal,
  { requester, ...others }: Parties,
  excludeOwner: boolean,
): PartyRefusal | undefined {
  if (approver.kind !== 'human') return 'approver_not_human';
  if (isSameHuman(approver, requester)) return 'self_approval';
  const refusal = refusalBy(approver, others);
  return refusal ?? (excludeOwner ? ownerRefusal(approver, requester) : undefined);
}

function refusalBy(
  approver: Principal,
  { sponsor = '', onBehalfOf }: Omit<Parties, 'requester'>,
): PartyRefusal | undefined {
  if (onBehalfOf !== undefined && isSameHuman(approver, onBehalfOf)) return 'behalf_approval';
  if (likenessTo(approver, sponsor) === 'same') return 'sponsor_approval';
  const names = [sponsor, onBehalfOf?.email ?? '', onBehalfOf?.subject ?? ''];
  const isUnclear = names.some((name) => likenessTo(approver, name) === 'unclear');
  return isUnclear ? 'approver_email_unknown' : undefined;
}

/** The groups that may decide a step now: its own, and those it was escalated to. */
export function groupsOf(step: HumanStep, level: number): readonly string[] {
  const escalated = (step.escalate ?? []).slice(0, level);
  return [...step.groups, ...escalated.flatMap(({ groups }) => groups)];
}

/** Whether a human belongs to who is asked in a step; a ticket system's step asks no human. */
export function isAskedIn({ groups }: Principal, { step, level }: StepProgress): boolean {
  if (step.type === 'ticket') return false;
  const asked = groupsOf(step, level);
  return groups.some((group) => asked.includes(group));
}

/** What a login may lack. */
export type StepUpShortfall = 'step_up_required' | 'step_up_too_old' | 'step_up_too_weak';

/** Why a login is not good enough to approve with. */
export function stepUpRefusal(
  wanted: StepUp | undefined,
  { approver, proof, at }: Pick<FactOf<'given'>, 'approver' | 'proof' | 'at'>,
  loginSince?: string,
): StepUpShortfall | undefined {
  if (wanted === undefined) return undefined;
  // Only the issuer of whoever approves can say when they logged in.
  if (proof?.issuer !== approver.issuer) return 'step_up_required';
  const ageMs = Date.parse(at) - Date.parse(proof.authTime);
  // Also for what is no instant at all.
  if (!(ageMs <= wanted.maxAgeSeconds * 1000 && ageMs >= -SKEW_MS)) return 'step_up_too_old';
  const isBefore =
    loginSince !== undefined && Date.parse(proof.authTime) < Date.parse(loginSince) - BEHIND_MS;
  if (isBefore) return 'step_up_too_old';
  return isStrong(wanted, proof) ? undefined : 'step_up_too_weak';
}

function isStrong({ acr, amr }: StepUp, proof: StepUpProof): boolean {
  if (acr === undefined && amr === undefined) return true;
  if (proof.acr !== undefined && (acr ?? []).includes(proof.acr)) return true;
  return (proof.amr ?? []).some((method) => (amr ?? []).includes(method));
}
