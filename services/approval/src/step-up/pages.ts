import type { Principal, Risk, Rule } from '@drawbridge/contracts';
import { describeLimits, describeResolved, describeRules } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';
import { waitingWords } from '../domain/steps-of.js';
import { behalfWords } from '../slack/card-facts.js';
import { durationWords, utcWords } from '../slack/rich-text.js';
import { attribute, markup, preformatted, type Markup } from './markup.js';
import { renderPage } from './page.js';

/** Where the form goes to, from the page below `/v1/step-up/`. */
const CONFIRM = 'confirm';

export interface Confirmation {
  readonly story: RequestStory;
  readonly approver: Principal;
  /** What the browser sends back with its yes. */
  readonly sealed: string;
}

/** What is about to be approved, whole, and by whom. */
export function confirmPage({ story, approver, sealed }: Confirmation): string {
  const body = markup`${facts(story)}
    <details>
      <summary>Exact rules</summary>
      <pre>${preformatted(story.terms.rules.map(exactRule).join('\n'))}</pre>
    </details>
    <form method="post" action="${CONFIRM}">
      <input type="hidden" name="sealed" value="${attribute(sealed)}" />
      <button type="submit">Approve as ${nameOf(approver)}</button>
    </form>
    <p class="note"><br />To deny it, or to approve less, use its card or the CLI. Request ${story.id}</p>`;
  return renderPage({ title: 'Approve this access?', mood: 'ask', body });
}

export function approvedPage(story: RequestStory | undefined): string {
  const missing = story === undefined ? undefined : waitingWords(story);
  const body = markup`<p role="status">Your approval is recorded.</p>
    <p>${missing === undefined ? 'This page may be closed.' : `Others are still asked: ${missing}.`}</p>`;
  return renderPage({ title: 'Approved', mood: 'good', body });
}

/** For whoever had approved before. */
export const knownPage = (): string =>
  renderPage({
    title: 'Approved before',
    mood: 'good',
    body: markup`<p role="status">You have approved this request already.</p>`,
  });

export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Where to begin again, where that may help. */
  readonly again?: string | undefined;
}

export function refusalPage({ code, message, again }: Refusal): string {
  const sentence = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
  const body = markup`<p role="alert">${sentence}</p>
    ${again === undefined ? '' : markup`<p><a href="${attribute(again)}">Log in again</a></p>`}
    <p class="note">${code}</p>`;
  return renderPage({ title: 'Not approved', mood: 'bad', body });
}

/** Where several issuers have people who approve. */
export function issuersPage(requestId: string, issuers: readonly string[]): string {
  const links = issuers.map((issuer) => {
    const query = new URLSearchParams({ issuer }).toString();
    const { host } = new URL(issuer);
    return markup`<p><a href="${attribute(`${requestId}?${query}`)}">${host}</a></p>`;
  });
  const body = markup`<p>Log in with the identity provider that knows you.</p>${links}`;
  return renderPage({ title: 'Who are you?', mood: 'ask', body });
}

function facts({ requester, terms, risk, cuts, alternative, resolved = [] }: RequestStory): Markup {
  const { connection, environment, durationSeconds, startAt, reason, ticket } = terms;
  const { limits, keyThumbprint } = terms;
  const rows: readonly (readonly [string, string | Markup])[] = [
    ['Who', `${requesterWords(requester)}${behalfWords(terms)}`],
    ...describeRules(terms.rules).map((line, index) => [index === 0 ? 'What' : '', line] as const),
    ['Where', `${connection} (${environment})`],
    ['For', `${durationWords(durationSeconds)}, from ${startWords(startAt)} on`],
    ...(limits === undefined ? [] : [['Use', describeLimits(limits)] as const]),
    ...(keyThumbprint === undefined
      ? []
      : [['Key', `of no use without the agent’s own, SHA-256 ${keyThumbprint}`] as const]),
    ['Why', reason],
    ...(ticket === undefined ? [] : [['Ticket', ticket] as const]),
    [
      'Risk',
      markup`<span class="risk-${risk.level}">${risk.level}</span>${scoreWords(risk)} ${risk.reasons.join('; ')}`,
    ],
    ...(alternative === undefined ? [] : [['Instead', alternative.words] as const]),
    ...[...new Set(resolved.map(describeResolved))].map((line) => ['Selected', line] as const),
    ...cuts.map(
      ({ asked, granted, why }) => ['Cut', `from ${asked} to ${granted} (${why})`] as const,
    ),
  ];
  return markup`<dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

const scoreWords = ({ score }: Risk): string => (score === undefined ? '' : `, ${score} of 100:`);
const startWords = (startAt: string | undefined): string =>
  startAt === undefined ? 'the approval' : utcWords(startAt);

function requesterWords({ kind, subject, issuer, owner, email }: Principal): string {
  const who = email === undefined ? subject : `${subject} (${email})`;
  return `${kind} ${who} of ${hostOf(issuer)}${owner === undefined ? '' : `, owned by ${owner}`}`;
}

function exactRule({ verbs, apiGroups, resources, namespaces, resourceNames }: Rule): string {
  return [
    verbs.join(', '),
    `  resources:  ${resources.join(', ')}`,
    `  apiGroups:  ${apiGroups.map((group) => (group === '' ? '"" (core)' : group)).join(', ')}`,
    `  namespaces: ${namespaces.join(', ')}`,
    `  names:      ${resourceNames?.join(', ') ?? '(any)'}`,
  ].join('\n');
}

const nameOf = ({ email, subject }: Principal): string => email ?? subject;

const hostOf = (issuer: string): string =>
  URL.canParse(issuer) ? new URL(issuer).host || issuer : issuer;
