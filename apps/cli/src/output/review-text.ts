import type { OpenReviewsView, ReviewView } from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { neutralise } from './neutralise.js';
import { fields, table } from './table.js';

/** Open reviews, one line each. */
export function reviewTable({ items, total }: OpenReviewsView, now: Date): string {
  if (items.length === 0) return 'no open reviews\n';
  const lines = table(
    ['REQUEST', 'WHO', 'CONNECTION', 'WHAT', 'REASON', 'DUE'],
    items.map((view) => [
      view.id,
      whoText(view),
      view.terms.connection,
      view.plainWords.join('; '),
      view.terms.reason,
      dueText(view, now),
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}

/** A review in full, for people. */
export function reviewText(view: ReviewView, now: Date): string {
  const { id, status, terms, grant, groups, completed } = view;
  return [
    `review of access request ${id}: ${status}\n`,
    fields([
      ['who', whoText(view)],
      ['connection', terms.connection],
      ['what', view.plainWords.join('; ')],
      ['reason', terms.reason],
      ['ticket', terms.ticket],
      ['grant', `${grant.id}, ${grant.startsAt} to ${grant.endedAt ?? grant.endsAt}`],
      ['reviewed by', completed === undefined ? `one of ${groups.join(' or ')}` : completed.by],
      ['due', completed === undefined ? dueText(view, now) : undefined],
      ['verdict', completed?.verdict.replace('_', ' ')],
    ]),
    ...(completed === undefined ? [] : [`  note: ${neutralise(completed.note)}\n`]),
  ].join('');
}

const whoText = ({ requester }: ReviewView): string => requester.email ?? requester.subject;

function dueText({ dueBy }: ReviewView, now: Date): string {
  const seconds = (Date.parse(dueBy) - now.getTime()) / 1000;
  return seconds > 0 ? `in ${showDuration(seconds)}` : `${showDuration(-seconds)} overdue`;
}
