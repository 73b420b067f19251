import type { AccessEventData } from '@drawbridge/contracts';
import type { PolicySet } from '@drawbridge/policy/core';
import type { Entry } from './journal.js';
import type { QuorumOracle, Shown } from './quorum-oracle.js';

export type AccessEntry = Extract<Entry, { kind: 'access' }>;

/** What the log says of one request. */
export interface Life {
  readonly requested: AccessEventData<'AccessRequested'>;
  quorum?: QuorumOracle;
  askedAtMs: number;
  decideByMs: number;
  isWithdrawn: boolean;
  isOrdered: boolean;
  grant?: { readonly data: AccessEventData<'GrantIssued'>; nowMs: number };
  end?: string;
  calls: number;
  changes: number;
}

/** What was asked for, as rules. */
export const wantedBy = (sets: readonly PolicySet[], { requested: { request } }: Life): Shown => {
  const { scope, durationSeconds } = request;
  if ('rules' in scope) return { rules: scope.rules, durationSeconds };
  const action = sets[0]?.actions.find(({ name }) => name === scope.action);
  return { rules: action?.rules ?? [], durationSeconds };
};

export const limitsLess = (
  { requested }: Life,
  { terms }: AccessEventData<'GrantIssued'>,
): boolean => {
  const { maxCalls = Infinity, maxChanges = Infinity } = requested.request.limits ?? {};
  const { limits } = terms;
  return (
    (limits?.maxCalls ?? Infinity) <= maxCalls && (limits?.maxChanges ?? Infinity) <= maxChanges
  );
};

/** Nothing but the end of a grant may follow. */
export const isClosed = ({ end, isWithdrawn }: Life): boolean => end !== undefined || isWithdrawn;

/** @throws what does not hold, with what it is about */
export function claim(holds: boolean, what: string, about: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(about)}`);
}
