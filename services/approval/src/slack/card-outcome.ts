import type { Ending, GivenApproval, RequestStory } from '../domain/request-story.js';
import { personWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { bold, instant, text, type Inline } from './rich-text.js';

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

export function titleOf({ status, denial }: RequestStory): string {
  return status === 'pending' && denial !== undefined ? titles.rejected : titles[status];
}

/** Who decided what and when, and what became of the grant; newest last. */
export function outcomeLines(story: RequestStory): Inline[][] {
  const { approvals, status, grant } = story;
  const denied = story.denial ?? (status === 'rejected' ? story.ending : undefined);
  return [
    ...approvals.map(approvalLine),
    ...(denied === undefined ? [] : [endingLine('Denied', denied)]),
    ...endLines(story),
    ...(grant === undefined
      ? []
      : [[bold('Grant: '), instant(grant.startsAt), text(' until '), instant(grant.endsAt)]]),
    ...(grant?.ended === undefined
      ? []
      : [endingLine(status === 'revoked' ? 'Revoked' : 'Expired', grant.ended)]),
  ];
}

function endLines({ status, ending }: RequestStory): Inline[][] {
  if (ending === undefined) return [];
  if (status === 'withdrawn') return [endingLine('Withdrawn', ending)];
  if (status === 'denied') return [endingLine('Denied by policy', ending)];
  return status === 'lapsed' ? [endingLine('Lapsed', ending)] : [];
}

function approvalLine({ approver, via, at, comment }: GivenApproval): Inline[] {
  const channel = via === 'slack' ? 'in Slack' : 'over HTTP';
  return [
    bold('Approved '),
    text(`by ${personWords(approver)} ${channel} `),
    instant(at),
    ...quoted(comment),
  ];
}

function endingLine(what: string, { by, at, reason }: Ending): Inline[] {
  const who = by === undefined ? '' : `by ${personWords(by)} `;
  return [bold(`${what} `), text(who), instant(at), ...quoted(reason)].filter(
    (inline) => inline.type !== 'text' || inline.text !== '',
  );
}

const quoted = (words: string | undefined): Inline[] =>
  words === undefined ? [] : [text(`: ${neutralText(words, 1000)}`)];
