import {
  MAX_ROUNDS,
  type AccessEventData,
  type AccessEventType,
  type Principal,
} from '@drawbridge/contracts';

/** The longest that a grant may be open in all, whatever policies say. */
export const MAX_GRANT_SECONDS = 86_400;

/** How far the clock of whoever issues grants may be ahead of ours. */
const START_TOLERANCE_MS = 10_000;

/** A wish for more time that nothing has come of yet. */
export interface AskedExtension {
  readonly round: number;
  readonly by: Principal;
  readonly seconds: number;
  readonly reason: string;
}

/** The grant of a request with its rounds: the first is the approval of the request itself. */
export interface ExtensionRounds {
  /** Absent while there is none, and when it has ended. */
  readonly grant?: { readonly id: string; readonly startsAt: string; readonly endsAt: string };
  /** Its end is ordered, or its agent has given it back: nothing but that end can follow. */
  readonly isEnding: boolean;
  /** The newest round. */
  readonly last: number;
  readonly open?: AskedExtension;
}

/** Why there is no round to begin. */
export type RoundRefusal = 'grant_not_open' | 'extension_pending' | 'too_many_rounds';

export const noRounds: ExtensionRounds = { isEnding: false, last: 1 };

/** Folds one more event; whatever comes out of turn changes nothing. */
export const foldRounds = <Type extends AccessEventType>(
  rounds: ExtensionRounds,
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
): ExtensionRounds => folds[type]?.(rounds, data) ?? rounds;

type Folds = {
  readonly [Type in AccessEventType]?: (
    rounds: ExtensionRounds,
    data: AccessEventData<Type>,
  ) => ExtensionRounds;
};

const folds: Folds = {
  GrantIssued: (rounds, { grantId: id, startsAt, endsAt }) => ({
    ...rounds,
    grant: { id, startsAt, endsAt },
  }),
  ExtensionRequested: begin,
  ExtensionOffered: begin,
  ExtensionDenied: close,
  ExtensionClosed: close,
  GrantExtended: (rounds, data) =>
    isOpenRound(rounds, data) ? extended(rounds, data.endsAt) : rounds,
  RevocationOrdered: (rounds) => ({ ...rounds, isEnding: true }),
  AccessRequestWithdrawn: (rounds) => ({ ...rounds, isEnding: true }),
  GrantRevoked: over,
  GrantExpired: over,
  GrantEnded: over,
};

function over({ last }: ExtensionRounds): ExtensionRounds {
  return { isEnding: true, last };
}

function close(rounds: ExtensionRounds, data: { readonly round: number }): ExtensionRounds {
  return isOpenRound(rounds, data) ? withoutOpen(rounds) : rounds;
}

/** Why nobody can ask for more time at this moment; `undefined` when somebody can. */
export function whyNoRound(
  { grant, isEnding, last, open }: ExtensionRounds,
  at: string,
): RoundRefusal | undefined {
  if (grant === undefined || isEnding || !isOpen(grant, Date.parse(at))) return 'grant_not_open';
  if (open !== undefined) return 'extension_pending';
  return last >= MAX_ROUNDS ? 'too_many_rounds' : undefined;
}

const isOpen = (
  { startsAt, endsAt }: NonNullable<ExtensionRounds['grant']>,
  atMs: number,
): boolean => atMs < Date.parse(endsAt) && atMs >= Date.parse(startsAt) - START_TOLERANCE_MS;

/** In words for whoever asked. */
export const roundRefusals: Readonly<Record<RoundRefusal, string>> = {
  grant_not_open: 'no grant of this request is open',
  extension_pending: 'more time was asked for already, and nothing has come of that yet',
  too_many_rounds: `a request has at most ${MAX_ROUNDS} rounds, its own included; ask for new access instead`,
};

function begin(
  rounds: ExtensionRounds,
  { round, by, seconds, reason }: AskedExtension,
): ExtensionRounds {
  const isNext = rounds.open === undefined && round === rounds.last + 1;
  if (rounds.grant === undefined || rounds.isEnding || !isNext) return rounds;
  return { ...rounds, last: round, open: { round, by, seconds, reason } };
}

const isOpenRound = ({ open }: ExtensionRounds, { round }: { readonly round: number }): boolean =>
  open?.round === round;

function withoutOpen({ open, ...rounds }: ExtensionRounds): ExtensionRounds {
  return open === undefined ? rounds : { ...rounds };
}

/** An end never comes nearer by it. */
function extended(rounds: ExtensionRounds, endsAt: string): ExtensionRounds {
  const { grant, ...others } = withoutOpen(rounds);
  if (grant === undefined || !(Date.parse(endsAt) > Date.parse(grant.endsAt))) {
    return { ...others, ...(grant && { grant }) };
  }
  return { ...others, grant: { ...grant, endsAt } };
}
