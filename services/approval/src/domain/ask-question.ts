import { MAX_QUESTIONS, type AccessEvent, type Principal } from '@drawbridge/contracts';
import { whyNotCounted } from '@drawbridge/scope';
import type { AccessApproval } from './access-approval-state.js';
import { ApprovalRefused, refusedApprover } from './approval-refused.js';
import { asHumanRefusal, openRoundOf, requireRound } from './decide-by-human.js';

export interface AskQuestion {
  readonly type: 'AskQuestion';
  /** The same again is one question. */
  readonly questionId: string;
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly text: string;
  readonly at: string;
}

/** Whoever may say no may ask, as long as the request waits for humans. */
export function askQuestion(
  state: AccessApproval,
  { questionId, by, via, text, at }: AskQuestion,
): AccessEvent | undefined {
  const { standing, questions } = requireRound(state, openRoundOf(state));
  const refusal = whyNotCounted(standing, { type: 'denied', approver: by, at });
  if (refusal !== undefined && refusal !== 'already_denied') {
    throw refusedApprover(asHumanRefusal(refusal));
  }
  if (questions.includes(questionId)) return undefined;
  if (questions.length >= MAX_QUESTIONS) {
    const message = `${MAX_QUESTIONS} questions were asked about this request; decide it, or deny it with a reason`;
    throw new ApprovalRefused('too_many_questions', message);
  }
  return { type: 'QuestionAsked', data: { questionId, by, via, text } };
}
