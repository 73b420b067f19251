import { askedTicket, stepsOf, type StepStory } from '../domain/steps-of.js';
import type { RequestStory } from '../domain/request-story.js';
import { neutralText } from './neutral-text.js';
import { bold, text, type Inline } from './rich-text.js';

/** Who said yes to what and what is missing: one line, or one for each step. `end` goes to the last. */
export function waitingFor(story: RequestStory, end: Inline[]): Inline[][] {
  const steps = stepsOf(story);
  const [only] = steps;
  if (story.approval?.type !== 'steps' && only !== undefined)
    return [[text(countWords(only)), ...end]];
  const isSequence = story.approval?.type === 'steps' && story.approval.order === 'sequential';
  const lines = steps.map((step, index) => stepLine(step, isSequence ? `${index + 1}. ` : ''));
  const noes = denialWords(story);
  return [...lines, ...(noes === '' ? [] : [[text(noes)]]), [text('Open'), ...end]];
}

function stepLine(step: StepStory, number: string): Inline[] {
  const name = neutralText(`${number}${step.name}`, 60);
  const title = step.isOpen ? [bold(`${name}: `)] : [text(`${name}: `)];
  return [...title, text(`${countWords(step)}${stateWords(step)}`)];
}

const countWords = ({ count, missing, groups, ticket }: StepStory): string =>
  ticket !== undefined
    ? neutralText(askedTicket(ticket), 200)
    : `${count - missing} of ${count} approvals from ${neutralText(groups.join(' or '), 200)}`;

function stateWords({ isOpen, missing }: StepStory): string {
  if (missing === 0) return ' (done)';
  return isOpen ? ' (open)' : ' (waits)';
}

function denialWords({ denials, approval }: RequestStory): string {
  if (approval?.type !== 'steps' || approval.denyThreshold === 1) return '';
  return `${denials.length} of ${approval.denyThreshold} denials that end it`;
}
