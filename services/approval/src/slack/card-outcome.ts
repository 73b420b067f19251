import type { ExtensionStory } from '../domain/extension-story.js';
import {
  isCounted,
  type Ending,
  type GivenApproval,
  type RequestStory,
  type TicketWord,
} from '../domain/request-story.js';
import { personWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { bold, durationWords, instant, text, type Inline } from './rich-text.js';

const titles: Readonly<Record<RequestStory['status'], string>> = {
  requested: 'Access request',
  pending: 'Access request',
  approved: 'Approved',
  granted: 'Approved, grant is open',
  expired: 'Grant has expired',
  revoked: 'Grant was revoked',
  denied: 'Denied by policy',
  rejected: 'Denied',
  lapsed: 'Lapsed, nobody decided in time',
  withdrawn: 'Withdrawn by the requester',
};

export function titleOf({ status, denial, terms, extends: extension }: RequestStory): string {
  if (extension !== undefined) {
    if (denial !== undefined) return 'More time denied';
    return status === 'approved' ? 'More time approved' : 'More time';
  }
  // Nobody draws a card again when its grant opens.
  if (status === 'granted' && terms.startAt !== undefined) return 'Approved, open at its time';
  return status === 'pending' && denial !== undefined ? titles.rejected : titles[status];
}

/** Who decided what and when, and what became of the grant; newest last. */
export function outcomeLines(story: RequestStory): Inline[][] {
  const { approvals, tickets, status, grant } = story;
  return [
    ...approvals.map(approvalLine),
    ...tickets.filter(({ decision }) => decision === 'approved').map(ticketLine),
    ...denialsOf(story).map((denied) => endingLine('Denied', denied)),
    ...endLines(story),
    ...(grant === undefined
      ? []
      : [[bold('Grant: '), instant(grant.startsAt), text(' until '), instant(grant.endsAt)]]),
    ...(story.extends === undefined ? (story.extensions ?? []).map(extensionLine) : []),
    ...(grant?.ended === undefined
      ? []
      : [endingLine(status === 'revoked' ? 'Revoked' : 'Expired', grant.ended)]),
  ];
}

function denialsOf({ denials, status, ending }: RequestStory): readonly Ending[] {
  if (denials.length > 0 || status !== 'rejected' || ending === undefined) return denials;
  return [ending];
}

function endLines({ status, ending }: RequestStory): Inline[][] {
  if (ending === undefined) return [];
  if (status === 'withdrawn') return [endingLine('Withdrawn', ending)];
  if (status === 'denied') return [endingLine('Denied by policy', ending)];
  return status === 'lapsed' ? [endingLine('Lapsed', ending)] : [];
}

function approvalLine(given: GivenApproval): Inline[] {
  const { approver, via, at, comment, step, voided } = given;
  const channel = via === 'slack' ? 'in Slack' : 'over HTTP';
  return [
    bold('Approved '),
    text(`by ${personWords(approver)} ${channel} `),
    instant(at),
    ...(step === undefined ? [] : [text(` for ${neutralText(step, 40)}`)]),
    ...narrowedWords(given),
    ...quoted(comment),
    ...(voided === undefined ? [] : [bold(` · ${voidWords[voided.reason]} `), instant(voided.at)]),
  ];
}

function ticketLine({ webhook, ticket, by, at }: TicketWord): Inline[] {
  const who = by === undefined ? '' : `, by ${by}`;
  return [
    bold('Approved '),
    text(neutralText(`by ticket ${ticket} in ${webhook}${who} `, 300)),
    text(' '),
    instant(at),
  ];
}

function endingLine(what: string, { by, at, reason }: Ending): Inline[] {
  const who = by === undefined ? '' : `by ${personWords(by)} `;
  return [bold(`${what} `), text(who), instant(at), ...quoted(reason)].filter(
    (inline) => inline.type !== 'text' || inline.text !== '',
  );
}

function narrowedWords({ narrow }: GivenApproval): Inline[] {
  if (narrow === undefined) return [];
  const { durationSeconds, rules } = narrow;
  const time = durationSeconds === undefined ? [] : [`to ${durationWords(durationSeconds)}`];
  return [
    bold(
      `, narrowed ${[...time, ...(rules === undefined ? [] : ['to fewer rules'])].join(' and ')}`,
    ),
  ];
}

const extensionWords: Readonly<Record<ExtensionStory['status'], string>> = {
  requested: 'asked for',
  pending: 'asked for',
  approved: 'approved',
  extended: 'approved',
  denied: 'denied by policy',
  rejected: 'denied',
  lapsed: 'asked for, and lapsed',
};

/** What became of a wish for more time. */
function extensionLine({ seconds, status, approvals, ending }: ExtensionStory): Inline[] {
  const said = approvals.filter(isCounted).map(({ approver }) => personWords(approver));
  const isGiven = status === 'extended' && said.length > 0;
  const by = isGiven ? ` by ${said.join(' and ')}` : whoseWords(ending);
  return [
    bold(`${durationWords(seconds)} more: `),
    text(`${extensionWords[status]}${by}`),
    ...quoted(ending?.reason),
  ];
}

const whoseWords = (ending: Ending | undefined): string =>
  ending?.by === undefined ? '' : ` by ${personWords(ending.by)}`;

const voidWords = {
  taken_back: 'taken back',
  left_group: 'counts no more, they left the group',
  disabled: 'counts no more, they are disabled',
} as const;

const quoted = (words: string | undefined): Inline[] =>
  words === undefined ? [] : [text(`: ${neutralText(words, 1000)}`)];
