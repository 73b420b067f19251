import type { SessionStory, StoryCall, StoryMoment } from '@drawbridge/contracts';
import { neutralise } from '@drawbridge/kernel';
import { callLines } from './call-lines.js';
import { durationWords } from './duration-words.js';

/**
 * A session for people, in lines: who asked why and who approved, then what happened in its order, and the end. What
 * others wrote is shown so that it cannot deceive a terminal or a reader.
 */
export function storyText(story: SessionStory): string {
  const lines = [...headLines(story), '', ...timelineOf(story), ...endLines(story)];
  return lines.map((line) => `${neutralise(line).trimEnd()}\n`).join('');
}

type Line = readonly [name: string, value: string | undefined];

function headLines(story: SessionStory): string[] {
  const { grant, accessRequestId, connection, environment } = story;
  const where = environment === undefined ? connection : `${connection} (${environment})`;
  const given = [...askedLines(story), ...grantLines(story), ['numbers', numbers(story)] as const];
  return [
    `session ${grant?.id ?? accessRequestId} on ${where}`,
    ...given.flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name.padEnd(9)} ${value}`],
    ),
  ];
}

function askedLines(story: SessionStory): readonly Line[] {
  const { agent, asked } = story;
  return [
    ['agent', agent.owner === undefined ? agent.subject : `${agent.subject}, of ${agent.owner}`],
    ['for', asked.onBehalfOf],
    ['run', asked.runId],
    ['why', asked.ticket === undefined ? asked.reason : `${asked.reason} (${asked.ticket})`],
    ['asked', `${durationWords(asked.durationSeconds)} at ${clock(asked.at)}${brokenGlass(story)}`],
    ...listed('scope', asked.scope),
  ];
}

function grantLines({ grant, asked, end }: SessionStory): readonly Line[] {
  if (grant === undefined) return [];
  return [
    ['approved', approvers(grant.approvers, asked.isBreakGlass)],
    ['grant', `${grant.id}, policy ${grant.policy}`],
    ['open', `${clock(grant.startsAt)} to ${clock(end?.at ?? grant.endsAt)}`],
    ...listed('allows', grant.allows),
  ];
}

/** The name stands before the first of them. */
const listed = (name: string, lines: readonly string[]): readonly Line[] =>
  lines.map((line, index) => [index === 0 ? name : '', line] as const);

const brokenGlass = ({ asked }: SessionStory): string =>
  asked.isBreakGlass ? ', by breaking the glass' : '';

function approvers(names: readonly string[], isBreakGlass: boolean): string {
  if (names.length > 0) return `by ${names.join(', ')}`;
  return isBreakGlass ? 'by nobody: the glass was broken' : 'by policy: nobody had to be asked';
}

function numbers({ totals }: SessionStory): string {
  const { calls, changes, refused, held, masked, refusedBeside } = totals;
  const beside = refusedBeside === 0 ? [] : [`${refusedBeside} refused beside it`];
  return [
    counted(calls, 'call'),
    counted(changes, 'change'),
    `${refused} refused`,
    ...(held === 0 ? [] : [`${held} held`]),
    ...(masked === 0 ? [] : [`${masked} with masked values`]),
    ...beside,
  ].join(', ');
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

interface Entry {
  readonly at: string;
  readonly lines: readonly string[];
}

/** Moments and calls in one order; a page behind the first shows the moments of its own time only. */
function timelineOf({ moments, calls, nextCursor }: SessionStory): string[] {
  const last = calls.at(-1)?.command.receivedAt;
  const until = nextCursor === undefined ? undefined : last;
  const entries: readonly Entry[] = [
    ...moments
      .filter(({ at }) => until === undefined || at <= until)
      .map((moment) => ({ at: moment.at, lines: [momentLine(moment)] })),
    ...calls.map((call) => ({ at: call.command.receivedAt, lines: linesOf(call) })),
  ];
  const inOrder = entries.toSorted((one, other) => compare(one.at, other.at));
  return [...dated(inOrder), ...(nextCursor === undefined ? [] : ['… there is more'])];
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** A line with the date wherever a new day begins. */
function dated(entries: readonly Entry[]): string[] {
  let day = '';
  return entries.flatMap(({ at, lines }) => {
    const today = at.slice(0, 10);
    if (today === day) return lines;
    day = today;
    return [`${today} (UTC)`, ...lines];
  });
}

const momentLine = ({ at, by, words }: StoryMoment): string => `  ${time(at)}  ${by}: ${words}`;

function linesOf(call: StoryCall): string[] {
  const [first = '', ...further] = callLines(call);
  return [
    `  ${time(call.command.receivedAt)}  ${first}`,
    ...further.map((line) => `${' '.repeat(16)}${line}`),
  ];
}

function endLines({ end, grant, nextCursor }: SessionStory): string[] {
  if (nextCursor !== undefined) return [];
  if (end !== undefined) return ['', `ended ${clock(end.at)}, by ${end.by}: ${end.words}`];
  return ['', grant === undefined ? 'not decided yet' : `still open, until ${clock(grant.endsAt)}`];
}

/** `21:45:20.123` */
const time = (at: string): string => at.slice(11, 23).replace('Z', '').padEnd(12, ' ');
/** `2026-11-22 21:45:20Z` */
const clock = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;
