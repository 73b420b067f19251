import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { AppError, type Decider } from '@drawbridge/kernel';
import {
  foldRounds,
  noRounds,
  roundRefusals,
  whyNoRound,
  type ExtensionRounds,
  type RoundRefusal,
} from '@drawbridge/scope';
import { evolveRevocable, mayRevoke, noGrant, type RevocableGrant } from './revocation.js';

/** Why more time is not asked for. Closed list; each stands in `docs/errors.md`. */
export type OfferRefusal = RoundRefusal | 'approval_unknown' | 'extension_offer_not_allowed';

/** A human's offer is refused; nothing was appended. The message may be shown to that human. */
export class OfferRefused extends AppError<OfferRefusal> {}

/** `at` is when the command was accepted: UTC, RFC 3339. */
export interface OfferExtension {
  readonly type: 'OfferExtension';
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly seconds: number;
  readonly reason: string;
  /** Judged by who calls, since it is a matter of configuration. */
  readonly isAdmin: boolean;
  readonly at: string;
}

export interface Offerable {
  readonly revocable: RevocableGrant;
  readonly rounds: ExtensionRounds;
}

/**
 * Whether humans are asked for more time because a human thinks of it. Whoever may end the grant may, and gives
 * nothing by it: what policy says and who must approve is as if the agent had asked.
 */
export const offerExtension: Decider<Offerable, OfferExtension, AccessEvent> = {
  initial: { revocable: noGrant, rounds: noRounds },
  evolve: ({ revocable, rounds }, event) => ({
    revocable: evolveRevocable(revocable, event),
    rounds: foldRounds(rounds, event),
  }),
  decide: (command, { revocable, rounds }) => {
    const { by, via, seconds, reason, isAdmin, at } = command;
    if (revocable.requester === undefined) {
      throw new OfferRefused('approval_unknown', 'there is no access request with this id');
    }
    if (by.kind !== 'human' || (!isAdmin && !mayRevoke(by, revocable))) throw notAllowed();
    const refusal = whyNoRound(rounds, at);
    if (refusal === 'extension_pending' && isSame(rounds, command)) return undefined;
    if (refusal !== undefined) throw new OfferRefused(refusal, roundRefusals[refusal]);
    const round = rounds.last + 1;
    return { type: 'ExtensionOffered', data: { round, by, via, seconds, reason } };
  },
};

/** The same again, while nothing has come of it, is one offer. */
const isSame = ({ open }: ExtensionRounds, { by, seconds, reason }: OfferExtension): boolean =>
  open?.seconds === seconds &&
  open.reason === reason &&
  open.by.issuer === by.issuer &&
  open.by.subject === by.subject;

const notAllowed = (): OfferRefused =>
  new OfferRefused(
    'extension_offer_not_allowed',
    'more time is offered by those who may approve the access or have, by the owner or sponsor of its agent, or by an administrator',
  );
