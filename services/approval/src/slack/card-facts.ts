import type { Principal, Risk, RiskFactor } from '@drawbridge/contracts';
import { blastRadius, describeLimits, describeResolved, summarizeRules } from '@drawbridge/scope';
import type { AgentPast } from '../domain/agent-history.js';
import type { RequestStory } from '../domain/request-story.js';
import { conditionLines } from './card-conditions.js';
import { neutralText } from './neutral-text.js';
import { bold, durationWords, emoji, instant, text, type Inline } from './rich-text.js';

const NAME_LENGTH = 120;
const LINE_LENGTH = 300;
const REASON_LENGTH = 600;
/** More lines are behind a click; on a phone they would push the buttons away. */
const MAX_LINES = 4;
const MAX_RISK_REASONS = 3;

/**
 * What an approver needs, most important first. Facts come before the agent's own words: what it would do, how far
 * that reaches and how risky it is, then why it says it wants that, and who it is.
 */
export function factLines(story: RequestStory, past: AgentPast | undefined): Inline[][] {
  const { requester, terms, risk } = story;
  return [
    ...doesLines(story),
    [bold('Reach: '), text(neutralText(blastRadius(terms.rules).join(' · '), LINE_LENGTH))],
    riskLine(risk),
    ...conditionLines(story),
    [bold('Why: '), text(whyWords(story))],
    [bold('Where: '), text(whereWords(story))],
    timeLine(story),
    [bold('Who: '), text(`${ownedWords(requester)}${behalfWords(terms)}`)],
    ...(past === undefined ? [] : [[bold('Before: '), text(pastWords(past))]]),
    ...selectedLines(story),
    ...cutLines(story),
  ];
}

/** How long the access is for, and from when on where that is not at once. */
export const timeWords = ({
  durationSeconds,
  startAt,
}: Pick<RequestStory['terms'], 'durationSeconds' | 'startAt'>): Inline[] => [
  text(durationWords(durationSeconds)),
  ...(startAt === undefined ? [] : [text(' from '), instant(startAt), text(' on')]),
];

/** Slack refuses text of no letters. */
const isShown = (inline: Inline): boolean => inline.type !== 'text' || inline.text !== '';

/** A human or agent as an approver knows them. */
export const personWords = ({ email, subject }: Principal): string =>
  neutralText(email ?? subject, NAME_LENGTH);

/** What is asked for, in a few words for a title: the action and what it is done to, or the first of the rules. */
export function whatWords({ terms }: RequestStory): string {
  const [first = 'use it'] = summarizeRules(terms.rules);
  const { action, parameters = {} } = terms;
  if (action === undefined) return neutralText(`to ${first}`, 90);
  const objects = Object.entries(parameters).filter(([name]) => name !== 'namespace');
  return neutralText([action, ...objects.map(([, value]) => value)].join(' '), 70);
}

function doesLines({ terms: { rules } }: RequestStory): Inline[][] {
  const words = summarizeRules(rules).map((line) => neutralText(line, LINE_LENGTH));
  const more = words.length - MAX_LINES;
  return [
    ...words
      .slice(0, MAX_LINES)
      .map((line, index) => [bold(index === 0 ? 'What: ' : '   and '), text(line)]),
    ...(more > 0 ? [[bold(`   and ${more} more`), text(', behind “Exact rules”')]] : []),
  ];
}

/** Everything that tells who asks. */
export function requesterWords({ kind, subject, issuer, owner, email }: Principal): string {
  const name = neutralText(email === undefined ? subject : `${subject} (${email})`, NAME_LENGTH);
  const owned = owner === undefined ? '' : `, owned by ${neutralText(owner, NAME_LENGTH)}`;
  return `${kind} ${name} of ${neutralText(hostOf(issuer), NAME_LENGTH)}${owned}`;
}

/** Where its identity comes from is in the small print. */
function ownedWords({ kind, subject, email, owner }: Principal): string {
  const name = neutralText(email === undefined ? subject : `${subject} (${email})`, NAME_LENGTH);
  if (kind === 'human') return `human ${name}`;
  return owner === undefined
    ? `agent ${name}, of nobody known`
    : `agent ${name}, owned by ${neutralText(owner, NAME_LENGTH)}`;
}

/** For whom the agent asks, and whether they said so themselves. */
export function behalfWords({ onBehalfOf }: RequestStory['terms']): string {
  if (onBehalfOf === undefined) return '';
  const { email, subject, proof } = onBehalfOf;
  const name = neutralText(email ?? subject, NAME_LENGTH);
  return proof === 'token'
    ? `, on behalf of ${name}, who is logged in`
    : `, on behalf of ${name}, as the agent says and nobody proved`;
}

const whereWords = ({ terms: { connection, environment } }: RequestStory): string =>
  neutralText(`${connection} (${environment})`, LINE_LENGTH);

/** Of an extension also when the grant ends without it, and who thought of it where that was not the agent. */
function timeLine(story: RequestStory): Inline[] {
  const { terms, extends: extension, grant } = story;
  if (extension === undefined || grant === undefined) {
    return [bold('For: '), ...timeWords(terms), text(limitWords(story))].filter(isShown);
  }
  const time = durationWords(terms.durationSeconds);
  const offered = extension.isOffered ? `, as ${personWords(extension.by)} proposes` : '';
  return [
    ...[bold('For: '), text(`${time} more${offered}; its grant ends `), instant(grant.endsAt)],
    text(limitWords(story)),
  ].filter(isShown);
}

/** How often it may be used, where that is limited. */
const limitWords = ({ terms: { limits, keyThumbprint, runId } }: RequestStory): string =>
  [
    ...(limits === undefined ? [] : [`, ${describeLimits(limits)}`]),
    ...(keyThumbprint === undefined ? [] : [', bound to the key of its agent']),
    ...(runId === undefined ? [] : [`, for run ${neutralText(runId, NAME_LENGTH)} only`]),
  ].join('');

function whyWords({ terms: { reason, ticket } }: RequestStory): string {
  const words = neutralText(reason, REASON_LENGTH);
  return ticket === undefined ? words : `${words} · ticket ${neutralText(ticket, NAME_LENGTH)}`;
}

const riskMarks = {
  low: 'large_green_circle',
  medium: 'large_yellow_circle',
  high: 'red_circle',
} as const;

/** How risky it is, with a mark, and the most telling reasons. */
export function riskLine(risk: Risk): Inline[] {
  const { level, score } = risk;
  const reasons = reasonsOf(risk);
  const shown = reasons.slice(0, MAX_RISK_REASONS).map((reason) => neutralText(reason, 150));
  const more = reasons.length - shown.length;
  const words = [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ');
  return [
    bold('Risk: '),
    emoji(riskMarks[level]),
    bold(` ${level}`),
    ...(score === undefined ? [] : [text(`, ${score} of 100`)]),
    ...(words === '' ? [] : [text(` (${words})`)]),
  ];
}

/** The most telling first. */
function reasonsOf({ reasons, factors }: Risk): readonly string[] {
  if (factors === undefined) return reasons;
  const byPoints = (one: RiskFactor, other: RiskFactor) => other.points - one.points;
  return factors.toSorted(byPoints).map(({ reason }) => reason);
}

function pastWords({ count, granted, denied, isMore }: AgentPast): string {
  if (count === 0) return 'its first request in 7 days';
  const position = `${isMore ? 'more than ' : ''}${ordinal(count + 1)} request in 7 days`;
  return `${position}: ${granted} granted, ${denied} denied`;
}

/** What labels and patterns stood for; the rules, and so all that may be done, hold these names. */
function selectedLines({ resolved = [] }: RequestStory): Inline[][] {
  const words = [...new Set(resolved.map(describeResolved))];
  const more = words.length - MAX_LINES;
  return [
    ...words
      .slice(0, MAX_LINES)
      .map((line) => [bold('Selected: '), text(neutralText(line, LINE_LENGTH))]),
    ...(more > 0 ? [[bold(`   and ${more} more`), text(', behind “Exact rules”')]] : []),
  ];
}

function cutLines({ cuts }: RequestStory): Inline[][] {
  return cuts
    .slice(0, MAX_LINES)
    .map(({ field, asked, granted, why }) => [
      bold('Cut by policy: '),
      text(
        neutralText(
          `${field.replace(/^\//, '')} from ${asked} to ${granted} (${why})`,
          LINE_LENGTH,
        ),
      ),
    ]);
}

function ordinal(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

/** The identity provider that vouches for who asks. */
export const issuerWords = ({ issuer }: Principal): string =>
  neutralText(hostOf(issuer), NAME_LENGTH);

const hostOf = (issuer: string): string =>
  URL.canParse(issuer) ? new URL(issuer).host || issuer : issuer;
