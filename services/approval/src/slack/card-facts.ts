import type { Principal, Rule } from '@drawbridge/contracts';
import { describeLimits, describeRules } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';
import { neutralText } from './neutral-text.js';
import { bold, durationWords, text, type Inline } from './rich-text.js';

const NAME_LENGTH = 120;
const LINE_LENGTH = 300;
const REASON_LENGTH = 1000;
const MAX_LINES = 8;
/** Slack refuses a message with more than about 13 000 characters of blocks. */
const MAX_RULES_LENGTH = 4000;

/** Who, what, where, how long, why and how risky: what an approver needs to judge, most important first. */
export function factLines(story: RequestStory): Inline[][] {
  const { requester, terms, risk, cuts } = story;
  const reasons = risk.reasons.map((reason) => neutralText(reason, LINE_LENGTH)).join('; ');
  return [
    [bold('Who: '), text(requesterWords(requester))],
    ...doesLines(terms.rules),
    [bold('Where: '), text(whereWords(story))],
    [
      bold('For: '),
      text(`${durationWords(terms.durationSeconds)}, from the approval on${limitWords(story)}`),
    ],
    [bold('Why: '), text(whyWords(story))],
    [bold('Risk: '), bold(risk.level), text(reasons === '' ? '' : ` (${reasons})`)],
    ...cuts
      .slice(0, MAX_LINES)
      .map(({ field, asked, granted, why }) => [
        bold('Cut by policy: '),
        text(
          neutralText(
            `${field.replace(/^\//, '')} from ${asked} to ${granted} (${why})`,
            LINE_LENGTH,
          ),
        ),
      ]),
  ];
}

/** A human or agent as an approver knows them. */
export const personWords = ({ email, subject }: Principal): string =>
  neutralText(email ?? subject, NAME_LENGTH);

/** What is asked for, in a few words for a title: the action, or the first of the rules. */
export function whatWords({ terms }: RequestStory): string {
  const [first = 'access'] = describeRules(terms.rules);
  return neutralText(terms.action ?? first, 60);
}

/**
 * Every rule, exactly as it will be enforced.
 *
 * @returns `undefined` when they are too many to be shown on a card whole
 */
export function exactRules(rules: readonly Rule[]): string | undefined {
  const shown = rules.map(exactRule).join('\n');
  return shown.length > MAX_RULES_LENGTH ? undefined : shown;
}

function exactRule({ verbs, apiGroups, resources, namespaces, resourceNames }: Rule): string {
  const groups = apiGroups.map((group) => (group === '' ? '"" (core)' : group));
  return [
    verbs.join(', '),
    `  resources:  ${resources.join(', ')}`,
    `  apiGroups:  ${groups.join(', ')}`,
    `  namespaces: ${namespaces.join(', ')}`,
    `  names:      ${resourceNames?.join(', ') ?? '(any)'}`,
  ].join('\n');
}

function doesLines(rules: readonly Rule[]): Inline[][] {
  const words = describeRules(rules).map((line) => neutralText(line, LINE_LENGTH));
  const more = words.length - MAX_LINES;
  return [
    ...words
      .slice(0, MAX_LINES)
      .map((line, index) => [bold(index === 0 ? 'What: ' : '   and '), text(line)]),
    ...(more > 0 ? [[bold(`   and ${more} more`), text(', all of them in the rules below')]] : []),
  ];
}

/** Everything that tells who asks. */
export function requesterWords({ kind, subject, issuer, owner, email }: Principal): string {
  const name = neutralText(email === undefined ? subject : `${subject} (${email})`, NAME_LENGTH);
  const owned = owner === undefined ? '' : `, owned by ${neutralText(owner, NAME_LENGTH)}`;
  return `${kind} ${name} of ${neutralText(hostOf(issuer), NAME_LENGTH)}${owned}`;
}

function whereWords({ terms: { connection, environment, rules } }: RequestStory): string {
  const namespaces = [...new Set(rules.flatMap((rule) => rule.namespaces))];
  const where = namespaces.includes('*')
    ? 'EVERY namespace and cluster-wide'
    : `namespace ${namespaces.join(', ')}`;
  return neutralText(`${connection} (${environment}), ${where}`, LINE_LENGTH);
}

/** How often it may be used, where that is limited. */
const limitWords = ({ terms: { limits } }: RequestStory): string =>
  limits === undefined ? '' : `, ${describeLimits(limits)}`;

function whyWords({ terms: { reason, ticket } }: RequestStory): string {
  const words = neutralText(reason, REASON_LENGTH);
  return ticket === undefined ? words : `${words} · ticket ${neutralText(ticket, NAME_LENGTH)}`;
}

const hostOf = (issuer: string): string =>
  URL.canParse(issuer) ? new URL(issuer).host || issuer : issuer;
