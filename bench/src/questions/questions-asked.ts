import { createHash } from 'node:crypto';
import { FIRST } from './recorded-commands.js';

export interface QuestionAsked {
  readonly name: string;
  /** Below `/v1/audit/`, with other words for every round. */
  readonly path: (round: number) => string;
}

const DAY_MS = 86_400_000;
const at = (days: number): string => new Date(Date.parse(FIRST) + days * DAY_MS).toISOString();
/** A week that ends somewhere in the second month. */
const week = (round: number): string =>
  `since=${at(40 + (round % 30))}&until=${at(47 + (round % 30))}`;
const month = (round: number): string =>
  `since=${at(30 + (round % 30))}&until=${at(60 + (round % 30))}`;
const everything = `since=${at(0)}&until=${at(91)}`;
const pick = (round: number, word: string, of: number): number =>
  createHash('sha256').update(`${word}${round}`).digest().readUInt32BE(0) % of;
const agent = (round: number): string =>
  `agent-${String(pick(round, 'agent', 200)).padStart(3, '0')}`;
const object = (round: number): string =>
  `namespace=team-${pick(round, 'namespace', 60)}&resource=deployments&name=app-${pick(round, 'application', 40)}`;

/** What is in the record. */
export interface Known {
  readonly grants: readonly string[];
  /** Each in one body alone. */
  readonly words: readonly string[];
}

/** What people ask, with words that are in the record. */
export const questionsOf = ({ grants, words }: Known): readonly QuestionAsked[] => {
  const grant = (round: number, word: string): string =>
    grants[pick(round, word, grants.length)] ?? '';
  return [
    { name: 'touched: one object, ever', path: (round) => `touched?${object(round)}` },
    {
      name: 'touched: one object, a week',
      path: (round) => `touched?${object(round)}&${week(round)}`,
    },
    {
      name: 'activity: last week',
      path: (round) => `activity?agent=${agent(round)}&${week(round)}`,
    },
    { name: 'activity: ever', path: (round) => `activity?agent=${agent(round)}&${everything}` },
    { name: 'blocked: a week by rule', path: (round) => `blocked?${week(round)}` },
    { name: 'blocked: ever by rule', path: () => `blocked?${everything}` },
    {
      name: 'blocked: a week, every call',
      path: (round) => `blocked?by=call&rule=shells/exec&${week(round)}`,
    },
    {
      name: 'off-hours: a week',
      path: (round) => `off-hours?timeZone=Europe/Berlin&${week(round)}`,
    },
    { name: 'off-hours: ever', path: () => `off-hours?timeZone=Europe/Berlin&${everything}` },
    {
      name: 'diff: two grants',
      path: (round) => `diff?one=${grant(round, 'one')}&other=${grant(round, 'other')}`,
    },
    {
      name: 'off-hours: a week, every change',
      path: (round) => `off-hours?timeZone=Europe/Berlin&by=call&changes=true&${week(round)}`,
    },
    { name: 'approvals: a month by person', path: (round) => `approvals?${month(round)}` },
    { name: 'approvals: ever by person', path: () => `approvals?${everything}` },
    { name: 'approvals: ever by request', path: () => `approvals?by=request&${everything}` },
    { name: 'unused: grants of a month', path: (round) => `unused?${month(round)}` },
    {
      name: 'unused: grants of an agent',
      path: (round) => `unused?agent=${agent(round)}&${everything}`,
    },
    { name: 'commands: the last', path: () => 'commands' },
    { name: 'commands: of a grant', path: (round) => `commands?grant=${grant(round, 'grant')}` },
    { name: 'commands: of an agent', path: (round) => `commands?agent=${agent(round)}` },
    {
      name: 'commands: failed, of an agent',
      path: (round) => `commands?agent=${agent(round)}&status=4xx&decision=allow`,
    },
    { name: 'commands: deletions', path: () => 'commands?verb=delete&outcome=completed' },
    { name: 'commands: of nobody', path: () => 'commands?agent=agent-nobody' },
    { name: 'events: the last', path: () => 'events' },
    { name: 'events: of an agent', path: (round) => `events?agent=${agent(round)}` },
    { name: 'events: of a grant', path: (round) => `events?grant=${grant(round, 'events')}` },
    ...searchesOf(words),
  ];
};

/** Texts of bodies and sessions. */
function searchesOf(words: readonly string[]): readonly QuestionAsked[] {
  const text = (round: number): string => words[pick(round, 'word', words.length)] ?? '';
  return [
    {
      name: 'search: a word of one body, ever',
      path: (round) => `search?in=bodies&text=${text(round)}&${everything}`,
    },
    {
      name: 'search: a word of many bodies, a week',
      path: (round) => `search?in=bodies&text=registry.corp.test&${week(round)}`,
    },
    {
      name: 'search: in terminals, a week',
      path: (round) => `search?in=terminal&text=typed-${pick(round, 'typed', 10)}&${week(round)}`,
    },
    {
      name: 'search: everywhere, a week',
      path: (round) => `search?text=${text(round)}&${week(round)}`,
    },
  ];
}
