import type { QuestionView } from '@drawbridge/contracts';
import { neutralise } from './neutralise.js';

/** What approvers asked and were told, a line for each. */
export const questionLines = (questions: readonly QuestionView[] = []): string[] =>
  questions.flatMap(({ id, by, text, answer }) => [
    `  asked by ${neutralise(by)}: ${neutralise(text)}${answer === undefined ? ` (${id})` : ''}\n`,
    ...(answer === undefined ? [] : [`  answer: ${neutralise(answer.text)}\n`]),
  ]);

/** Questions of `next` that are not in `known`. */
export const newQuestions = (
  known: readonly QuestionView[] = [],
  next: readonly QuestionView[] = [],
): readonly QuestionView[] => next.filter(({ id }) => known.every((asked) => asked.id !== id));
