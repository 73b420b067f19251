import type { Principal } from '@drawbridge/contracts';
import { isSameHuman } from './quorum.js';
import type {
  ApprovalFact,
  ApprovedTerms,
  AskedSteps,
  FactOf,
  Standing,
  StepProgress,
  StepRefusal,
} from './step-approval.js';
import { MAX_REMINDERS } from './step-deadlines.js';
import { isAskedIn, partyRefusal, stepUpRefusal } from './step-eligibility.js';
import { missingOf, missingWith, openSteps, outcomeOf, totalOf } from './step-progress.js';
import { within } from './within.js';

type Judge<Type extends ApprovalFact['type']> = (
  standing: Standing,
  fact: FactOf<Type>,
) => StepRefusal | undefined;

/** How an approval stands when humans were just asked. */
export function beginStanding(asked: AskedSteps): Standing {
  const { requirement, terms, at } = asked;
  const steps = requirement.steps.map((step) => {
    return { step, level: 0, reminders: 0 };
  });
  const counted = { termsVersion: 0, approvals: [], denials: [], isDenied: false };
  return askOpenSteps({ asked, terms, steps, ...counted }, at);
}

/**
 * Why a fact would not count; `undefined` when it would. The one rule of the service that takes decisions, which
 * refuses with it, and of the one that issues grants, which passes over whatever a history holds against it.
 */
export function whyNotCounted(standing: Standing, fact: ApprovalFact): StepRefusal | undefined {
  switch (fact.type) {
    case 'given':
      return whyNotGiven(standing, fact);
    case 'denied':
      return whyNotDenied(standing, fact);
    case 'voided':
      return whyNotVoided(standing, fact);
    case 'ticket':
      return whyNotTicket(standing, fact);
    case 'escalated':
      return whyNotEscalated(standing, fact);
    case 'reminded':
      return whyNotReminded(standing, fact);
  }
}

/** Folds one more fact; one that does not count changes nothing. */
export function continueStanding(standing: Standing, fact: ApprovalFact): Standing {
  if (whyNotCounted(standing, fact) !== undefined) return standing;
  return askOpenSteps(counted(standing, fact), fact.at);
}

function counted(standing: Standing, fact: ApprovalFact): Standing {
  switch (fact.type) {
    case 'given':
      return give(standing, fact);
    case 'denied':
      return deny(standing, fact.approver);
    case 'voided':
      return { ...standing, approvals: withoutHuman(standing, fact.approver) };
    case 'ticket':
      return fact.decision === 'denied'
        ? { ...standing, isDenied: true }
        : change(standing, fact.step, { ticketApprovedAt: fact.at });
    case 'escalated':
      return escalate(standing, fact);
    case 'reminded':
      return change(standing, fact.step, { reminders: fact.count });
  }
}

const whyNotGiven: Judge<'given'> = (standing, fact) =>
  whyNotThisHuman(standing, fact.approver) ??
  whyNotThisStep(standing, fact) ??
  whyNotTheseTerms(standing, fact) ??
  stepUpRefusal(standing.asked.requirement.stepUp, fact, standing.asked.loginSince);

function whyNotThisHuman(standing: Standing, approver: Principal): StepRefusal | undefined {
  const { parties, requirement } = standing.asked;
  const party = partyRefusal(approver, parties, requirement.excludeOwner);
  if (party !== undefined) return party;
  if (approvalOf(standing, approver) !== undefined) return 'already_approved';
  if (standing.denials.some((denier) => isSameHuman(denier, approver))) return 'already_denied';
  if (outcomeOf(standing) !== 'open') return 'request_not_pending';
  return standing.steps.some((step) => isAskedIn(approver, step))
    ? undefined
    : 'approver_not_in_group';
}

/** In a sequence only the step that is asked; otherwise only who is still needed, wherever others have to move. */
const whyNotThisStep: Judge<'given'> = (standing, { approver, at, step }) => {
  if (standing.asked.requirement.order === 'sequential') {
    const [open] = openSteps(standing);
    const isMeant = open?.step.name === step && open !== undefined && isAskedIn(approver, open);
    return isMeant ? undefined : 'step_not_open';
  }
  const before = totalOf(missingOf(standing));
  const after = totalOf(missingWith(standing, [...standing.approvals, { approver, at }]));
  return after < before ? undefined : 'seat_not_needed';
};

const whyNotTheseTerms: Judge<'given'> = (standing, { seen, narrow }) => {
  if (seen !== standing.termsVersion) return 'terms_changed';
  if (narrow === undefined) return undefined;
  const { isFixed = false, areRulesFixed = false } = standing.asked;
  if (isFixed || (areRulesFixed && narrow.rules !== undefined)) return 'narrowing_not_possible';
  return isNarrower(narrow, standing.terms) ? undefined : 'narrowing_widens';
};

/** An approver may take away, and must leave something. */
function isNarrower(narrow: Partial<ApprovedTerms>, terms: ApprovedTerms): boolean {
  const { rules = terms.rules, durationSeconds = terms.durationSeconds } = narrow;
  const isTime = Number.isInteger(durationSeconds) && durationSeconds > 0;
  if (!isTime || durationSeconds > terms.durationSeconds) return false;
  return rules.length > 0 && within(rules, terms.rules);
}

/**
 * Whoever may decide any step may deny, at any time; and whoever has approved, whatever has become of their groups
 * and with whichever of their accounts.
 */
const whyNotDenied: Judge<'denied'> = (standing, { approver }) => {
  const { parties, requirement } = standing.asked;
  const party = partyRefusal(approver, parties, requirement.excludeOwner);
  if (party !== undefined) return party;
  if (standing.denials.some((denier) => isSameHuman(denier, approver))) return 'already_denied';
  if (standing.isDenied) return 'request_not_pending';
  const hasApproved = approvalOf(standing, approver) !== undefined;
  return hasApproved || standing.steps.some((step) => isAskedIn(approver, step))
    ? undefined
    : 'approver_not_in_group';
};

const whyNotVoided: Judge<'voided'> = (standing, { approver }) => {
  if (standing.isDenied) return 'request_not_pending';
  return approvalOf(standing, approver) === undefined ? 'approval_not_given' : undefined;
};

const whyNotTicket: Judge<'ticket'> = (standing, { step: name, decision, seen, ...said }) => {
  if (standing.isDenied) return 'request_not_pending';
  const progress = standing.steps.find(({ step }) => step.name === name);
  if (progress?.step.type !== 'ticket' || progress.step.webhook !== said.webhook)
    return 'step_not_open';
  if (standing.asked.ticket !== said.ticket) return 'ticket_wrong';
  // A no is a no, however early, late or outdated it is.
  if (decision === 'denied') return undefined;
  if (progress.ticketApprovedAt !== undefined) return 'already_approved';
  if (!openSteps(standing).includes(progress)) return 'step_not_open';
  return seen === standing.termsVersion ? undefined : 'terms_changed';
};

const whyNotEscalated: Judge<'escalated'> = (standing, { step: name, level, at }) => {
  const progress = openSteps(standing).find(({ step }) => step.name === name);
  if (progress?.step.type !== 'humans') return 'step_not_open';
  const escalation = progress.step.escalate?.[level];
  if (escalation === undefined || level !== progress.level) return 'step_not_open';
  return isDue(progress, escalation.afterSeconds, at) ? undefined : 'too_early';
};

const whyNotReminded: Judge<'reminded'> = (standing, { step: name, count, at }) => {
  const progress = openSteps(standing).find(({ step }) => step.name === name);
  if (progress?.step.type !== 'humans') return 'step_not_open';
  const { remindAfterSeconds } = progress.step;
  const isNext = count > progress.reminders && count <= MAX_REMINDERS;
  if (remindAfterSeconds === undefined || !isNext) return 'step_not_open';
  return isDue(progress, count * remindAfterSeconds, at) ? undefined : 'too_early';
};

const isDue = ({ askedAt }: StepProgress, afterSeconds: number, at: string): boolean =>
  askedAt !== undefined && Date.parse(at) >= Date.parse(askedAt) + afterSeconds * 1000;

function give(standing: Standing, fact: FactOf<'given'>): Standing {
  const { approver, at, via, step, narrow, proof } = fact;
  const approval = {
    approver,
    at,
    ...(via === undefined ? {} : { via }),
    ...(step === undefined ? {} : { step }),
    ...(proof === undefined ? {} : { proof }),
  };
  const approvals = [...standing.approvals, approval];
  if (narrow === undefined || Object.keys(narrow).length === 0) return { ...standing, approvals };
  const terms = { ...standing.terms, ...narrow };
  return { ...standing, approvals, terms, termsVersion: standing.termsVersion + 1 };
}

/** Their yes, if they gave one, is gone with it. */
function deny(standing: Standing, approver: Principal): Standing {
  const denials = [...standing.denials, approver];
  const isDenied = denials.length >= standing.asked.requirement.denyThreshold;
  return { ...standing, approvals: withoutHuman(standing, approver), denials, isDenied };
}

function escalate(standing: Standing, { step: name, level, at }: FactOf<'escalated'>): Standing {
  const progress = standing.steps.find(({ step }) => step.name === name);
  const escalatedAt = [...(progress?.escalatedAt ?? []), at];
  return change(standing, name, { level: level + 1, escalatedAt });
}

const approvalOf = ({ approvals }: Standing, human: Principal) =>
  approvals.find(({ approver }) => isSameHuman(approver, human));

const withoutHuman = ({ approvals }: Standing, human: Principal) =>
  approvals.filter(({ approver }) => !isSameHuman(approver, human));

function change(standing: Standing, name: string, changes: Partial<StepProgress>): Standing {
  const steps = standing.steps.map((progress) =>
    progress.step.name === name ? { ...progress, ...changes } : progress,
  );
  return { ...standing, steps };
}

/** A step is asked once; when it opens again, because somebody's say was taken away, its time goes on. */
function askOpenSteps(standing: Standing, at: string): Standing {
  const open = new Set(openSteps(standing));
  if (![...open].some(({ askedAt }) => askedAt === undefined)) return standing;
  const steps = standing.steps.map((progress) =>
    open.has(progress) && progress.askedAt === undefined ? { ...progress, askedAt: at } : progress,
  );
  return { ...standing, steps };
}
