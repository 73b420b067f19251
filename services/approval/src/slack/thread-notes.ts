import type {
  AccessEvent,
  AccessEventData,
  AccessEventType,
  Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { personWords } from './card-facts.js';
import type { ThreadNote } from './card-thread.js';
import { ticketWords } from '../domain/ticket-words.js';
import { neutralText } from './neutral-text.js';
import { isTypedInThread } from './question-id.js';
import { bold, durationWords, instant, lines, text, type Inline } from './rich-text.js';

type Notes = {
  readonly [Type in AccessEventType]?: (data: AccessEventData<Type>) => Inline[] | undefined;
};

const used: Readonly<Record<AccessEventData<'GrantEnded'>['cause'], string>> = {
  used_up: 'The grant is used up.',
  idle: 'The grant ended because it was not used.',
};

/** What is said in the thread: what became of the request and of its grant, and that somebody gave less. */
const notes: Notes = {
  ApprovalGiven: ({ approver, narrow }) =>
    narrow === undefined ? undefined : narrowedLine(personWords(approver), narrow),
  // What was typed in the thread stands there.
  QuestionAsked: ({ questionId, by, text: words }) =>
    isTypedInThread(questionId)
      ? undefined
      : [bold(personWords(by)), text(' asks'), ...quoted(words)],
  QuestionAnswered: ({ by, text: words }) => [
    bold(personWords(by)),
    text(' answers'),
    ...quoted(words, 1000),
  ],
  GrantIssued: ({ startsAt, endsAt, approvers, terms }) => [
    bold('Granted'),
    text(` by ${approvers.map(personWords).join(' and ')}, `),
    ...(terms.startAt === undefined ? [] : [text('from '), instant(startsAt), text(' ')]),
    text('until '),
    instant(endsAt),
  ],
  ExtensionRequested: ({ by, seconds, reason }) => moreLine(by, seconds, reason),
  ExtensionOffered: ({ by, seconds, reason }) => moreLine(by, seconds, reason),
  ExtensionDenied: ({ message }) => [bold('No more time, says policy'), ...quoted(message)],
  ExtensionClosed: ({ outcome, by, reason }) =>
    outcome === 'lapsed'
      ? [bold('No more time'), text(': nobody decided before the end')]
      : [
          bold('No more time'),
          text(by === undefined ? '' : `, says ${personWords(by)}`),
          ...quoted(reason),
        ],
  GrantExtended: ({ endsAt, approvers }) => [
    bold('Extended'),
    text(
      `${approvers.length === 0 ? '' : ` by ${approvers.map(personWords).join(' and ')}`}, until `,
    ),
    instant(endsAt),
  ],
  AccessRequestDenied: ({ message }) => [bold('Denied by policy'), ...quoted(message)],
  TicketDecided: (said) =>
    // Its no is told with what comes of it.
    said.decision === 'denied' ? undefined : [text(neutralText(ticketWords(said), 300))],
  AccessRequestRejected: ({ by, reason }) => [
    bold('Denied'),
    text(by === undefined ? '' : ` by ${personWords(by)}`),
    ...quoted(reason),
  ],
  AccessRequestLapsed: () => [bold('Lapsed'), text(': nobody decided in time')],
  AccessRequestWithdrawn: ({ by }) => [bold('Withdrawn'), text(` by ${personWords(by)}`)],
  GrantRevoked: ({ by, reason }) => [
    bold('The grant was revoked'),
    text(by === undefined ? '' : ` by ${personWords(by)}`),
    ...quoted(reason),
  ],
  GrantExpired: () => [bold('The grant has expired.')],
  GrantEnded: ({ cause }) => [bold(used[cause])],
};

/**
 * What is to be said of an event in the thread of its card; `undefined` when the card says enough.
 *
 * @param more - a second line
 */
export function noteOf(
  recorded: RecordedEvent<AccessEvent>,
  more: readonly Inline[] = [],
): ThreadNote | undefined {
  const { id, aggregateId, event } = recorded;
  const said = noteBy(event)?.filter((part) => part.type !== 'text' || part.text !== '');
  if (said === undefined) return undefined;
  const words = [...said, ...(more.length === 0 ? [] : [text(' ')]), ...more].map((part) => {
    if (part.type === 'text') return part.text;
    return part.type === 'date' ? (part.fallback ?? '') : '';
  });
  const shown = more.length === 0 ? [said] : [said, more];
  return { id: aggregateId, eventId: id, text: words.join(''), blocks: [lines(shown)] };
}

function noteBy<Type extends AccessEventType>({
  type,
  data,
}: {
  readonly type: Type;
  readonly data: AccessEventData<Type>;
}): Inline[] | undefined {
  return notes[type]?.(data);
}

const moreLine = (by: Principal, seconds: number, reason: string): Inline[] => [
  bold(personWords(by)),
  text(` asks for ${durationWords(seconds)} more`),
  ...quoted(reason),
];

function narrowedLine(
  who: string,
  { durationSeconds, rules }: NonNullable<AccessEventData<'ApprovalGiven'>['narrow']>,
): Inline[] {
  const less = [
    ...(durationSeconds === undefined ? [] : [durationWords(durationSeconds)]),
    ...(rules === undefined ? [] : ['fewer rules']),
  ];
  const next = '. Whoever approves next decides on what the card says now.';
  return [bold(who), text(` gives less: ${less.join(' and ')}${next}`)];
}

const quoted = (words: string | undefined, maxLength = 500): Inline[] =>
  words === undefined ? [] : [text(`: ${neutralText(words, maxLength)}`)];
