import {
  isCounted,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type GrantLimits,
  type Principal,
  type Rule,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

/** A grant that was issued and has not ended, as far as events tell. Its end is judged by the clock too. */
export interface OpenGrant {
  readonly grantId: string;
  readonly accessRequestId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly connection: string;
  readonly rules: readonly Rule[];
  /** The caller's token must name one of them. Absent: the grant is from a time when nobody noted it. */
  readonly requiredGroups?: readonly string[];
  /** The action that was asked for; `undefined` when it was asked for as rules. */
  readonly action?: string;
  /** Name of the policy by which it was issued. */
  readonly policy: string;
  /** What the agent said it is for. */
  readonly reason: string;
  readonly ticket?: string;
  /** E-mail address or subject of each human who approved. */
  readonly approvers: readonly string[];
  /** Nobody approved it before. */
  readonly breakGlass?: true;
  /** How often it may be used, and how long it may go unused; absent: as its agent wants. */
  readonly limits?: GrantLimits;
  /** Only who shows this key may use it; absent: whoever has the agent's token. */
  readonly keyThumbprint?: string;
  /** Only a token of this run may use it; absent: any token of the agent. */
  readonly runId?: string;
  /** When it was issued, which is what stops are compared with. Milliseconds since 1970, as all instants here: they are compared on every call. */
  readonly issuedAtMs: number;
  readonly startsAtMs: number;
  /** Is put off in place when the grant is extended, so that calls which run under it go on. */
  endsAtMs: number;
}

export type GrantEndReason =
  | 'grant_expired'
  | 'grant_revoked'
  | 'grant_withdrawn'
  | 'grant_used_up'
  | 'grant_idle'
  | 'bridges_raised';

/** Why a grant may not be used whatever its own events say, if so. */
export type StopOf = (grant: OpenGrant) => GrantEndReason | undefined;

/** A grant that ended, and why: kept for a while so that a refusal can say so. */
export interface EndedGrant {
  readonly grant: OpenGrant;
  readonly reason: GrantEndReason;
}

/** The grants of one agent on one connection. They never add up: one of them must allow the whole call. */
export interface GrantsOfAgent {
  readonly open: readonly OpenGrant[];
  readonly lastEnded?: EndedGrant;
}

const endedByTerms: Readonly<Record<AccessEventData<'GrantEnded'>['cause'], GrantEndReason>> = {
  used_up: 'grant_used_up',
  idle: 'grant_idle',
};

/** What each event means for the grant of its request; a new event type must say so here. */
const endedByEvent: Readonly<
  Record<Exclude<AccessEventType, 'GrantEnded'>, GrantEndReason | undefined>
> = {
  GrantExpired: 'grant_expired',
  GrantRevoked: 'grant_revoked',
  AccessRequestWithdrawn: 'grant_withdrawn',
  RevocationOrdered: 'grant_revoked',
  GrantIssued: undefined,
  AccessRequested: undefined,
  AccessRequestValidated: undefined,
  AccessRequestDenied: undefined,
  ApprovalRequested: undefined,
  ApprovalGiven: undefined,
  ApprovalDenied: undefined,
  ApprovalVoided: undefined,
  ApprovalReminded: undefined,
  ApprovalEscalated: undefined,
  QuestionAsked: undefined,
  QuestionAnswered: undefined,
  AccessRequestApproved: undefined,
  AccessRequestRejected: undefined,
  TicketDecided: undefined,
  AccessRequestLapsed: undefined,
  ReviewRequested: undefined,
  ReviewReminded: undefined,
  ReviewCompleted: undefined,
  ExtensionRequested: undefined,
  ExtensionOffered: undefined,
  ExtensionValidated: undefined,
  ExtensionDenied: undefined,
  ExtensionApproved: undefined,
  ExtensionClosed: undefined,
  GrantExtended: undefined,
};

type Grantee = Pick<Principal, 'issuer' | 'subject'>;
const MAX_ENDED = 10_000;

/**
 * The grants that are open now: a fold of the access events, in stream order. Holds open grants only, and of
 * those that ended the last one of each agent and connection, at most 10 000 in all.
 */
export class OpenGrants {
  readonly #byRequest = new Map<string, OpenGrant>();
  /** Granted, and not open while something stops them. */
  readonly #stopped = new Map<string, OpenGrant>();
  /** Whose time is over by the clock, and by no event yet: it may have been extended before. At most 10 000. */
  readonly #over = new Map<string, OpenGrant>();
  readonly #byAgent = new Map<string, readonly OpenGrant[]>();
  readonly #ended = new Map<string, EndedGrant>();
  /** By the principal that the token cache gives for every call with the same token; of the last connection asked for. */
  readonly #keys = new WeakMap<Grantee, { readonly connection: string; readonly key: string }>();

  /**
   * Takes the next event in; returns the grant that ended, so that its streams can be cut.
   *
   * @param stopOf - what keeps a grant from opening, if anything does
   */
  apply(
    { aggregateId, event, at }: RecordedEvent<AccessEvent>,
    stopOf: StopOf = () => undefined,
  ): EndedGrant | undefined {
    if (event.type === 'GrantIssued') {
      const grant = openGrantOf(aggregateId, event.data, at);
      this.#open(grant);
      return this.#stop(grant, stopOf(grant));
    }
    if (event.type === 'GrantExtended') {
      const reopened = this.#extend(aggregateId, event.data);
      return reopened && this.#stop(reopened, stopOf(reopened));
    }
    const reason =
      event.type === 'GrantEnded' ? endedByTerms[event.data.cause] : endedByEvent[event.type];
    return reason === undefined ? undefined : this.end(aggregateId, reason);
  }

  /**
   * What is stopped has changed: closes every grant that is stopped now, and opens those that no longer are. A grant of
   * after a release can be heard of before the release.
   */
  restop(stopOf: StopOf): readonly EndedGrant[] {
    const stopped = [...this.#stopped.values()].filter((grant) => stopOf(grant) === undefined);
    for (const grant of stopped) this.#open(grant);
    return [...this.#byRequest.values()].flatMap((grant) => this.#stop(grant, stopOf(grant)) ?? []);
  }

  /**
   * Puts the end of a grant off. Also of one whose end has come by the clock: that policy extended it before stands in
   * the order of the events, and whoever reads them later must come to the same.
   *
   * @returns the grant if it opens again by this
   */
  #extend(
    accessRequestId: string,
    { grantId, endsAt }: AccessEventData<'GrantExtended'>,
  ): OpenGrant | undefined {
    const endsAtMs = Date.parse(endsAt);
    const known = [this.#byRequest, this.#stopped, this.#over]
      .map((grants) => grants.get(accessRequestId))
      .find((grant) => grant?.grantId === grantId);
    if (known === undefined || !(endsAtMs > known.endsAtMs)) return undefined;
    // In place: whatever runs under the grant looks at this very object for its end.
    known.endsAtMs = endsAtMs;
    if (!this.#over.delete(accessRequestId)) return undefined;
    this.#open(known);
    return known;
  }

  #stop(grant: OpenGrant, reason: GrantEndReason | undefined): EndedGrant | undefined {
    if (reason === undefined) return undefined;
    const ended = this.end(grant.accessRequestId, reason);
    this.#stopped.set(grant.accessRequestId, grant);
    return ended;
  }

  /** Ends the grant of an access request, if it is open. */
  end(accessRequestId: string, reason: GrantEndReason): EndedGrant | undefined {
    this.#stopped.delete(accessRequestId);
    this.#over.delete(accessRequestId);
    const grant = this.#byRequest.get(accessRequestId);
    if (grant === undefined) return undefined;
    this.#byRequest.delete(accessRequestId);
    const key = keyOf(grant, grant.connection);
    const left = (this.#byAgent.get(key) ?? []).filter((other) => other !== grant);
    if (left.length > 0) this.#byAgent.set(key, left);
    else this.#byAgent.delete(key);
    const ended = { grant, reason };
    this.#remember(key, ended);
    return ended;
  }

  /** Ends every grant whose time is over, whether or not an event has said so. */
  sweep(now: Date): readonly EndedGrant[] {
    const isOver = ({ endsAtMs }: OpenGrant) => endsAtMs <= now.getTime();
    for (const grant of [...this.#stopped.values()].filter(isOver)) {
      this.#stopped.delete(grant.accessRequestId);
      keepNewest(this.#over, grant.accessRequestId, grant);
    }
    const over = [...this.#byRequest.values()].filter(isOver);
    return over.flatMap((grant) => {
      const ended = this.end(grant.accessRequestId, 'grant_expired');
      keepNewest(this.#over, grant.accessRequestId, grant);
      return ended ?? [];
    });
  }

  of(grantee: Grantee, connection: string): GrantsOfAgent {
    const key = this.#keyOf(grantee, connection);
    const lastEnded = this.#ended.get(key);
    const open = this.#byAgent.get(key) ?? [];
    return lastEnded === undefined ? { open } : { open, lastEnded };
  }

  /** Whether this very grant of an access request is open. */
  isOpen({ accessRequestId, grantId }: Pick<OpenGrant, 'accessRequestId' | 'grantId'>): boolean {
    return this.#byRequest.get(accessRequestId)?.grantId === grantId;
  }

  /** The open grant of this id. Looks through all: not for the way of a call. */
  withId(grantId: string): OpenGrant | undefined {
    return [...this.#byRequest.values()].find((grant) => grant.grantId === grantId);
  }

  /** From now on other grants of its agent come first. */
  putLast(grant: OpenGrant): void {
    const key = keyOf(grant, grant.connection);
    const others = (this.#byAgent.get(key) ?? []).filter((other) => other !== grant);
    if (this.isOpen(grant) && others.length > 0) this.#byAgent.set(key, [...others, grant]);
  }

  get size(): number {
    return this.#byRequest.size;
  }

  #keyOf(grantee: Grantee, connection: string): string {
    const known = this.#keys.get(grantee);
    if (known?.connection === connection) return known.key;
    const key = keyOf(grantee, connection);
    this.#keys.set(grantee, { connection, key });
    return key;
  }

  #open(grant: OpenGrant): void {
    this.end(grant.accessRequestId, 'grant_revoked');
    this.#byRequest.set(grant.accessRequestId, grant);
    const key = keyOf(grant, grant.connection);
    const known = this.#byAgent.get(key) ?? [];
    // One that may be used at will is used before one that may not.
    const last = hasCount(grant) ? [] : known.filter(hasCount);
    const first = known.filter((other) => !last.includes(other));
    this.#byAgent.set(key, [...first, grant, ...last]);
  }

  #remember(key: string, ended: EndedGrant): void {
    keepNewest(this.#ended, key, ended);
  }
}

const hasCount = ({ limits }: OpenGrant): boolean => limits !== undefined && isCounted(limits);

/** Puts it last, and forgets the one that was put longest ago when there are too many. */
function keepNewest<Value>(all: Map<string, Value>, key: string, value: Value): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > MAX_ENDED && oldest !== undefined) all.delete(oldest);
}

/** Issuer, subject and connection as one text that no other three can give. */
function keyOf({ issuer, subject }: Grantee, connection: string): string {
  return JSON.stringify([issuer, subject, connection]);
}

function openGrantOf(
  accessRequestId: string,
  data: AccessEventData<'GrantIssued'>,
  issuedAt: string,
): OpenGrant {
  return {
    grantId: data.grantId,
    accessRequestId,
    issuer: data.grantee.issuer,
    subject: data.grantee.subject,
    connection: data.terms.connection,
    rules: data.terms.rules,
    ...(data.requiredGroups !== undefined && { requiredGroups: data.requiredGroups }),
    ...purposeOf(data),
    ...boundsOf(data),
    issuedAtMs: Date.parse(issuedAt),
    startsAtMs: Date.parse(data.startsAt),
    endsAtMs: Date.parse(data.endsAt),
  };
}

/** What takes power away. */
function boundsOf({ terms }: AccessEventData<'GrantIssued'>) {
  const { limits, keyThumbprint, runId } = terms;
  return {
    ...(limits !== undefined && { limits }),
    ...(keyThumbprint !== undefined && { keyThumbprint }),
    ...(runId !== undefined && { runId }),
  };
}

/** Why it was issued, and by whose leave. */
function purposeOf({ policy, terms, approvers }: AccessEventData<'GrantIssued'>) {
  const { action, reason, ticket, breakGlass } = terms;
  return {
    ...(breakGlass !== undefined && { breakGlass: true as const }),
    ...(action !== undefined && { action }),
    ...(ticket !== undefined && { ticket }),
    policy: policy.name,
    reason,
    approvers: approvers.map(({ email, subject }) => email ?? subject),
  };
}
