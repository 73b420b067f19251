import type {
  AccessEventData,
  ApprovalStep,
  Principal,
  Rule,
  StepsRequirement,
  StepUpProof,
} from '@drawbridge/contracts';
import type { ApproverRefusal } from './quorum.js';

/** What is approved, as far as an approver may take something away from it. */
export interface ApprovedTerms {
  readonly rules: readonly Rule[];
  readonly durationSeconds: number;
}

/** Who asks and on whose account: none of them ever has a say, whatever groups they are in. */
export interface Parties {
  readonly requester: Principal;
  /** Who answers for the agent beside its owner: an e-mail address or subject. */
  readonly sponsor?: string;
  /** The human for whom the agent asks. */
  readonly onBehalfOf?: Principal;
}

/** Everything that was fixed when humans were asked. `at`, here and below: UTC, RFC 3339. */
export interface AskedSteps {
  readonly requirement: StepsRequirement;
  readonly parties: Parties;
  readonly terms: ApprovedTerms;
  /** The request's: no ticket system has a say by another. */
  readonly ticket?: string;
  readonly at: string;
  /** Nobody may narrow the terms. */
  readonly isFixed?: true;
  /** Nobody may narrow the rules; a shorter time may still be given. */
  readonly areRulesFixed?: true;
  /** Where a fresh login is wanted, one of before does not count, however recent. */
  readonly loginSince?: string;
}

/** What told who the approver is: `slack` the configuration, anything else a token. */
export type ApprovalVia = AccessEventData<'ApprovalGiven'>['via'];

/** Something that happened to an approval, as its history tells it. Not every one of them counts. */
export type ApprovalFact =
  | {
      readonly type: 'given';
      readonly approver: Principal;
      readonly at: string;
      readonly via?: ApprovalVia;
      /** The terms that the approver was shown: `termsVersion` of the standing of then. */
      readonly seen: number;
      /** Only in a sequence: the step that was asked. */
      readonly step?: string;
      readonly narrow?: Partial<ApprovedTerms>;
      readonly proof?: StepUpProof;
    }
  | { readonly type: 'denied'; readonly approver: Principal; readonly at: string }
  /** The approver took it back, or is no longer one who may approve. */
  | { readonly type: 'voided'; readonly approver: Principal; readonly at: string }
  | {
      readonly type: 'ticket';
      readonly step: string;
      /** Whose word it is, and about which ticket. */
      readonly webhook: string;
      readonly ticket: string;
      readonly decision: 'approved' | 'denied';
      readonly seen: number;
      readonly at: string;
    }
  /** `level`: which entry of the step's `escalate`, from 0. */
  | {
      readonly type: 'escalated';
      readonly step: string;
      readonly level: number;
      readonly at: string;
    }
  /** `count`: how many reminders of this step there are with this one. */
  | {
      readonly type: 'reminded';
      readonly step: string;
      readonly count: number;
      readonly at: string;
    };

export type FactOf<Type extends ApprovalFact['type']> = Extract<ApprovalFact, { type: Type }>;

/** What became of one step so far. */
export interface StepProgress {
  readonly step: ApprovalStep;
  /** When it was asked; absent while an earlier one is not done. */
  readonly askedAt?: string;
  /** Entries of `escalate` that are in force. */
  readonly level: number;
  /** When each of them came into force; absent: none has. */
  readonly escalatedAt?: readonly string[];
  readonly reminders: number;
  /** When a ticket system said yes; absent: it has not. */
  readonly ticketApprovedAt?: string;
}

export interface CountedApproval {
  readonly approver: Principal;
  readonly at: string;
  readonly via?: ApprovalVia;
  /** Only in a sequence. */
  readonly step?: string;
  /** The fresh login, where one was wanted. */
  readonly proof?: StepUpProof;
}

/** How an approval stands: the fold of what counted. Plain data, so that it can be kept and compared. */
export interface Standing {
  readonly asked: AskedSteps;
  readonly terms: ApprovedTerms;
  /** How often an approver has narrowed the terms. */
  readonly termsVersion: number;
  readonly steps: readonly StepProgress[];
  readonly approvals: readonly CountedApproval[];
  readonly denials: readonly Principal[];
  /** Once true it stays: nothing but the rejection can follow. */
  readonly isDenied: boolean;
}

/** Why somebody has no say whatever groups they are in. */
export type PartyRefusal =
  | Exclude<ApproverRefusal, 'no_approval_required' | 'approver_not_in_group'>
  | 'sponsor_approval'
  | 'behalf_approval';

/**
 * Why a fact does not count. For a human: what the error says. `already_…`: nothing new, which is no error.
 */
export type StepRefusal =
  | PartyRefusal
  | 'approver_not_in_group'
  | 'already_approved'
  | 'already_denied'
  | 'approval_not_given'
  | 'request_not_pending'
  | 'seat_not_needed'
  | 'step_not_open'
  | 'ticket_wrong'
  | 'terms_changed'
  | 'narrowing_widens'
  | 'narrowing_not_possible'
  | 'step_up_required'
  | 'step_up_too_old'
  | 'step_up_too_weak'
  | 'too_early';
