import type { AccessEventData } from '@drawbridge/contracts';
import type { PolicySet } from '@drawbridge/policy/core';
import { plainRules } from '@drawbridge/scope';
import type { Entry } from './journal.js';
import type { QuorumOracle, Shown } from './quorum-oracle.js';

export type AccessEntry = Extract<Entry, { kind: 'access' }>;

/** What humans are asked: access, or more time for it. */
export interface Asked {
  quorum?: QuorumOracle;
  askedAtMs: number;
  decideByMs: number;
  /** Humans have come to a decision, or their time is over. */
  isDecided: boolean;
  /** The rule by which nobody was asked, and when by the clock of whoever said so. */
  auto?: { readonly rule: string; readonly atMs: number };
}

/** What the log says of one request. */
export interface Life extends Asked {
  readonly requested: AccessEventData<'AccessRequested'>;
  /** By the clock of whoever took it. */
  readonly requestedAtMs: number;
  /** Of what nobody approved. */
  review?: { readonly askedAtMs: number; reminders: number; isDone: boolean };
  /** Wishes for more time, by round. */
  readonly rounds: Map<number, Asked & { readonly seconds: number }>;
  openRound?: number;
  isWithdrawn: boolean;
  isOrdered: boolean;
  grant?: {
    readonly data: AccessEventData<'GrantIssued'>;
    readonly nowMs: number;
    readonly at: string;
    /** As extended. */
    endsAtMs: number;
  };
  end?: string;
  calls: number;
  changes: number;
  /** What was asked of the agent, and whether it was answered. */
  readonly questions: Map<string, 'open' | 'answered'>;
  /** A newer token said that the agent has left. */
  hasLostGroup: boolean;
}

export const newLife = (requested: Life['requested'], at: string): Life => ({
  requested,
  requestedAtMs: Date.parse(at),
  ...{
    askedAtMs: 0,
    decideByMs: Infinity,
    isDecided: false,
    questions: new Map(),
    rounds: new Map(),
  },
  ...{ isWithdrawn: false, isOrdered: false, hasLostGroup: false, calls: 0, changes: 0 },
});

/** What was asked for, as rules. */
export const wantedBy = (sets: readonly PolicySet[], { requested: { request } }: Life): Shown => {
  const { scope, durationSeconds } = request;
  // In this life everything is asked for by its name.
  if ('rules' in scope) return { rules: plainRules(scope.rules, []), durationSeconds };
  const action = sets[0]?.actions.find(({ name }) => name === scope.action);
  return { rules: action?.rules ?? [], durationSeconds };
};

/** Whether it is used no more often, and with no other key, than was asked. */
export const limitsLess = (
  { requested: { request } }: Life,
  { terms }: AccessEventData<'GrantIssued'>,
): boolean => {
  const { maxCalls = Infinity, maxChanges = Infinity } = request.limits ?? {};
  const { limits, keyThumbprint } = terms;
  return (
    (limits?.maxCalls ?? Infinity) <= maxCalls &&
    (limits?.maxChanges ?? Infinity) <= maxChanges &&
    keyThumbprint === request.keyThumbprint
  );
};

/** What an event of this round is about; absent: the request itself. */
export const askedOf = (life: Life, round: number | undefined): Asked | undefined =>
  round === undefined ? life : life.rounds.get(round);

/** Nothing but the end of a grant may follow. */
export const isClosed = ({ end, isWithdrawn }: Life): boolean => end !== undefined || isWithdrawn;

/** @throws what does not hold, with what it is about */
export function claim(holds: boolean, what: string, about: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(about)}`);
}
