import type { AccessEvent } from '@drawbridge/contracts';
import { continueStanding, factOfEvent } from '@drawbridge/scope';
import type { Denial, PendingApproval } from './access-approval-state.js';
import { ticketWords } from './ticket-words.js';

/** What waits for humans after one more event of its round. */
export function hear(state: PendingApproval, event: AccessEvent, at: string): PendingApproval {
  if (event.type === 'QuestionAsked')
    return { ...state, questions: [...state.questions, event.data.questionId] };
  const fact = factOfEvent(event, at);
  if (fact === undefined) return state;
  const standing = continueStanding(state.standing, fact);
  const isTakenBack = event.type === 'ApprovalVoided' && event.data.reason === 'taken_back';
  const takenBack = state.takenBack + Number(isTakenBack);
  const next = { ...state, standing, takenBack, ...callbacksAfter(state, event) };
  if (!standing.isDenied || state.denial !== undefined) return next;
  const denial = denialBy(event);
  return denial === undefined ? next : { ...next, denial };
}

function denialBy(event: AccessEvent): Denial | undefined {
  if (event.type === 'TicketDecided') return { reason: ticketWords(event.data) };
  if (event.type !== 'ApprovalDenied') return undefined;
  const { approver, reason } = event.data;
  return { by: approver, ...(reason === undefined ? {} : { reason }) };
}

const callbacksAfter = ({ callbacks = [] }: PendingApproval, event: AccessEvent) =>
  event.type === 'TicketDecided' ? { callbacks: [...callbacks, event.data.callbackId] } : {};
