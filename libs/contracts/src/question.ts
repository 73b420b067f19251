import { z } from 'zod';
import { Instant } from './access-terms.js';
import { oneLine } from './one-line.js';

/** How many questions may be asked about one access request. */
export const MAX_QUESTIONS = 20;

/** Body of `POST /v1/access-requests/{id}/questions`. */
export const QuestionInput = z.strictObject({
  text: oneLine(500),
  questionId: z.uuid().optional().describe('The same again is one question; default: a new one'),
});
export type QuestionInput = z.infer<typeof QuestionInput>;

/** Body of `POST /v1/access-requests/{id}/answers`. */
export const AnswerInput = z.strictObject({ questionId: z.uuid(), text: oneLine(1000) });
export type AnswerInput = z.infer<typeof AnswerInput>;

/** What an approver wants to know of the requester, and what they were told. */
export const QuestionView = z.strictObject({
  id: z.uuid(),
  /** E-mail address, or the identity of who has none. */
  by: z.string(),
  text: z.string(),
  askedAt: Instant,
  answer: z.strictObject({ text: z.string(), at: Instant }).optional(),
});
export type QuestionView = z.infer<typeof QuestionView>;
