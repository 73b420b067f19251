import { AppError, type Decider } from '@drawbridge/kernel';
import {
  principalId,
  type AccessEvent,
  type AccessEventType,
  type AccessRequestInput,
  type Behalf,
  type Principal,
  type StepUpProof,
} from '@drawbridge/contracts';
import {
  foldRounds,
  noRounds,
  roundRefusals,
  whyNoRound,
  type ExtensionRounds,
  type RoundRefusal,
} from '@drawbridge/scope';

export interface AnswerQuestion {
  readonly type: 'AnswerQuestion';
  readonly by: Principal;
  readonly questionId: string;
  readonly text: string;
}

/** `at` is when it was accepted: UTC, RFC 3339. */
export interface RequestExtension {
  readonly type: 'RequestExtension';
  readonly by: Principal;
  readonly seconds: number;
  readonly reason: string;
  readonly at: string;
}

export type AccessRequestCommand =
  | {
      readonly type: 'RequestAccess';
      readonly requester: Principal;
      readonly request: AccessRequestInput;
      /** SHA-256 of the request in canonical form. */
      readonly digest: string;
      /** The login it is asked with; only where it needs no approver. */
      readonly proof?: StepUpProof | undefined;
      /** The human for whom the requester asks; the request names them too. */
      readonly behalf?: Behalf | undefined;
    }
  | {
      readonly type: 'WithdrawAccess';
      readonly by: Principal;
      /** The run of the agent that ends. */
      readonly runId?: string;
    }
  | AnswerQuestion
  | RequestExtension;

/** What identity must know of a request to decide: whose it is, what was asked, whether it can still be undone. */
export type AccessRequest =
  | { readonly status: 'absent' }
  | {
      readonly status: 'open' | 'withdrawn' | 'ended';
      readonly requester: string;
      readonly digest: string;
      /** Questions of approvers by id, each with its answer. */
      readonly questions: ReadonlyMap<string, string | undefined>;
      readonly rounds: ExtensionRounds;
    };

/**
 * `access_request_unknown` also stands for somebody else's request, so that ids tell nothing.
 * `access_request_final`: it was denied, rejected, lapsed, expired or revoked before.
 */
export type AccessRequestRefusal =
  | 'idempotency_key_reused'
  | 'access_request_unknown'
  | 'access_request_final'
  | 'question_unknown'
  | 'question_answered'
  | RoundRefusal;
export class AccessRequestRefused extends AppError<AccessRequestRefusal> {}

/** What an event means for the requester's right to withdraw. */
const statusAfter: Readonly<Record<AccessEventType, 'open' | 'withdrawn' | 'ended'>> = {
  AccessRequested: 'open',
  AccessRequestWithdrawn: 'withdrawn',
  TicketDecided: 'open',
  QuestionAsked: 'open',
  QuestionAnswered: 'open',
  AccessRequestValidated: 'open',
  AccessRequestDenied: 'ended',
  ApprovalRequested: 'open',
  ApprovalGiven: 'open',
  ApprovalDenied: 'open',
  ApprovalVoided: 'open',
  ApprovalReminded: 'open',
  ApprovalEscalated: 'open',
  AccessRequestApproved: 'open',
  AccessRequestRejected: 'ended',
  AccessRequestLapsed: 'ended',
  GrantIssued: 'open',
  ExtensionRequested: 'open',
  ExtensionOffered: 'open',
  ExtensionValidated: 'open',
  ExtensionDenied: 'open',
  ExtensionApproved: 'open',
  ExtensionClosed: 'open',
  GrantExtended: 'open',
  RevocationOrdered: 'open',
  GrantRevoked: 'ended',
  GrantExpired: 'ended',
  GrantEnded: 'ended',
  // Only of a grant that has ended.
  ReviewRequested: 'ended',
  ReviewReminded: 'ended',
  ReviewCompleted: 'ended',
};

/** Submitting and withdrawing an access request: what identity alone decides about it. */
export const accessRequest: Decider<AccessRequest, AccessRequestCommand, AccessEvent> = {
  initial: { status: 'absent' },

  decide(command, state) {
    switch (command.type) {
      case 'RequestAccess':
        return requestAccess(command, state);
      case 'WithdrawAccess':
        return withdrawAccess(command, state);
      case 'AnswerQuestion':
        return answerQuestion(command, state);
      case 'RequestExtension':
        return requestExtension(command, state);
    }
  },

  evolve(state, event) {
    if (event.type === 'AccessRequested') {
      const { requester, digest } = event.data;
      const asked = { requester: principalId(requester), digest };
      return { status: 'open', ...asked, questions: new Map(), rounds: noRounds };
    }
    // A withdrawn or ended request stays so, whatever another service had under way.
    if (state.status !== 'open') return state;
    return {
      ...state,
      status: statusAfter[event.type],
      questions: questionsAfter(state, event),
      rounds: foldRounds(state.rounds, event),
    };
  },
};

function questionsAfter(
  { questions }: { readonly questions: ReadonlyMap<string, string | undefined> },
  event: AccessEvent,
): ReadonlyMap<string, string | undefined> {
  if (event.type === 'QuestionAsked' && !questions.has(event.data.questionId)) {
    return new Map([...questions, [event.data.questionId, undefined]]);
  }
  if (event.type !== 'QuestionAnswered') return questions;
  const { questionId, text } = event.data;
  return new Map([...questions, [questionId, questions.get(questionId) ?? text]]);
}

function requestAccess(
  command: Extract<AccessRequestCommand, { type: 'RequestAccess' }>,
  state: AccessRequest,
): AccessEvent | undefined {
  const { requester, request, digest, proof, behalf } = command;
  if (state.status === 'absent') {
    const asked = {
      requester,
      request,
      digest,
      ...(proof && { proof }),
      ...(behalf && { behalf }),
    };
    return { type: 'AccessRequested', data: asked };
  }
  if (state.digest === digest && state.requester === principalId(requester)) return undefined;
  throw new AccessRequestRefused(
    'idempotency_key_reused',
    'this Idempotency-Key was used before with another request: send a new key for a new request',
  );
}

function withdrawAccess(
  { by, runId }: Extract<AccessRequestCommand, { type: 'WithdrawAccess' }>,
  state: AccessRequest,
): AccessEvent | undefined {
  requireOwn(state, by);
  if (state.status === 'withdrawn') return undefined;
  if (state.status === 'ended') {
    const message = 'the access request has ended already: there is nothing left to withdraw';
    throw new AccessRequestRefused('access_request_final', message);
  }
  return {
    type: 'AccessRequestWithdrawn',
    data: { by, ...(runId === undefined ? {} : { runId }) },
  };
}

function answerQuestion(
  { by, questionId, text }: AnswerQuestion,
  state: AccessRequest,
): AccessEvent | undefined {
  const { status, questions } = requireOwn(state, by);
  if (!questions.has(questionId)) {
    throw new AccessRequestRefused('question_unknown', 'nobody has asked this about your request');
  }
  const answer = questions.get(questionId);
  if (answer === text) return undefined;
  if (answer !== undefined) {
    const message = 'the question is answered already: approvers may have read that answer';
    throw new AccessRequestRefused('question_answered', message);
  }
  if (status !== 'open') {
    const message = 'the access request has ended already: nobody waits for the answer';
    throw new AccessRequestRefused('access_request_final', message);
  }
  return { type: 'QuestionAnswered', data: { questionId, by, text } };
}

/** The same again, while nothing has come of it, is one wish. */
function requestExtension(
  { by, seconds, reason, at }: RequestExtension,
  state: AccessRequest,
): AccessEvent | undefined {
  const { rounds } = requireOwn(state, by);
  const refusal = whyNoRound(rounds, at);
  const { open } = rounds;
  const isSame = open?.seconds === seconds && open.reason === reason;
  if (refusal === 'extension_pending' && isSame && principalId(open.by) === principalId(by)) {
    return undefined;
  }
  if (refusal !== undefined) throw new AccessRequestRefused(refusal, roundRefusals[refusal]);
  return { type: 'ExtensionRequested', data: { round: rounds.last + 1, by, seconds, reason } };
}

function requireOwn(
  state: AccessRequest,
  by: Principal,
): Exclude<AccessRequest, { status: 'absent' }> {
  if (state.status !== 'absent' && state.requester === principalId(by)) return state;
  throw new AccessRequestRefused('access_request_unknown', 'you have no such access request');
}
