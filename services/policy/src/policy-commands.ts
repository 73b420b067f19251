import { v5 } from 'uuid';
import type { LoggerService } from '@nestjs/common';
import type {
  AccessEvent,
  ExplainInput,
  Explanation,
  NamesLookup,
  Principal,
  ResolvedNames,
  UseEvent,
} from '@drawbridge/contracts';
import {
  handleCommand,
  loadState,
  type Clock,
  type EventStore,
  type Handled,
  type Known,
} from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import type { MemberOf } from '@drawbridge/people';
import type { Used } from '@drawbridge/scope';
import type { StopsNow } from '@drawbridge/stops';
import { useOf } from '@drawbridge/uses';
import type { AccessGrant } from './domain/access-grant-state.js';
import { isDenial } from './domain/denial.js';
import { extensionPlea } from './domain/judge-extension.js';
import { accessGrant, type AccessGrantCommand } from './domain/access-grant.js';
import type { Circumstances, Place, RateLimit, RequesterHistory } from './domain/circumstances.js';
import type { Names } from './domain/found-names.js';
import type { Plea } from './domain/judge.js';
import type { Opinion } from './domain/model-opinion.js';
import type { PolicySet } from './domain/policy-set.js';
import { selectiveScope } from './domain/selective-scope.js';
import { askedTickets } from './domain/asked-tickets.js';
import type { Places } from './facts/places.js';
import type { TicketStates } from './facts/ticket-states.js';
import { withFacts, type ModelQuestion } from './facts/with-facts.js';
import { findNames } from './names/find-names.js';
import type { AskGateways } from './nats/ask-gateways.js';

/** Namespace of the ids of grants (RFC 9562, version 5): one request can only ever have this one grant. */
const GRANT_IDS = '6f2a1f0e-5d0c-5b3a-9a57-0c0a7d1d6b0e';

export interface PolicyCommandsOptions {
  readonly store: EventStore<AccessEvent>;
  /** How often grants with limits were used. */
  readonly uses: Pick<EventStore<UseEvent>, 'load'>;
  /** The policies in force at this moment. */
  readonly policies: () => PolicySet;
  /** Whether the identity service says so of somebody. */
  readonly isDisabled: (human: Principal) => boolean;
  /** What directories say of people. */
  readonly members?: MemberOf;
  /** @throws when they are not known: then nothing is decided that they could forbid */
  readonly stops: () => StopsNow;
  /** What a requester did before; `undefined` while that is not known. */
  readonly history: (
    requester: Principal,
    asked: { readonly requestId: string; readonly connection: string; readonly at: string },
  ) => RequesterHistory | undefined;
  readonly places: Pick<Places, 'take' | 'look'>;
  /** What selectors and patterns stand for in a cluster. */
  readonly names: AskGateways;
  /** Absent: a model of the policies is silent. */
  readonly askModel?: (question: ModelQuestion) => Promise<Opinion>;
  /** Absent: no ticket's state is known. */
  readonly ticketStates?: Pick<TicketStates, 'of'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** What made a command necessary. */
interface Occasion {
  readonly requestId: string;
  /** Id of the event that it answers, or that started the clock. */
  readonly causationId: string;
}

/** What is asked for, and what of it was shown already. */
interface Selecting extends Pick<Plea, 'requester' | 'request'> {
  readonly resolved?: readonly ResolvedNames[];
}

interface Surroundings {
  readonly requestId: string;
  readonly policies: PolicySet;
  readonly names: Names | undefined;
  readonly ask: (limit: RateLimit) => Promise<Place>;
}

/** Everything that policy does to an access request. Each may be repeated, by any replica, at any time. */
export class PolicyCommands {
  constructor(private readonly options: PolicyCommandsOptions) {}

  /** Where nobody has to approve, the grant follows at once; the event of the verdict brings the same after a kill. */
  async judge(occasion: Occasion): Promise<void> {
    const policies = this.options.policies();
    const before = await loadState(this.options.store, accessGrant, occasion.requestId);
    const { requestId } = occasion;
    const ask = (limit: RateLimit) => this.options.places.take(limit, requestId);
    const names = await this.#namesToJudge(before.state, policies);
    const surroundings = { requestId, policies, names, ask };
    const circumstances = await this.#circumstancesOf(before.state, surroundings);
    const command = { type: 'JudgeRequest', policies, circumstances, names } as const;
    const { appended, ...known } = await this.#decide(occasion, command, before);
    if (appended?.event.type !== 'AccessRequestValidated') return;
    if (appended.event.data.approval.type !== 'none') return;
    await this.#issue({ ...occasion, causationId: appended.id }, known);
  }

  /** What {@link judge} would decide now, by the same rule; it takes no place and records nothing. */
  async explain({ requester, request, proof, behalf }: ExplainInput): Promise<Explanation> {
    const policies = this.options.policies();
    const more = { ...(proof && { proof }), ...(behalf && { behalf }) };
    const asked = { requester, request, requestedAt: this.#now(), ...more };
    const state = { status: 'requested', ...asked } as const;
    const ask = (limit: RateLimit) => this.options.places.look(limit);
    const names = await this.#namesToJudge(state, policies);
    const surroundings = { requestId: '', policies, names, ask };
    const circumstances = await this.#circumstancesOf(state, surroundings);
    const command = { type: 'JudgeRequest', policies, circumstances, names } as const;
    const event = accessGrant.decide(command, state);
    if (event?.type === 'AccessRequestValidated') return { verdict: 'validated', ...event.data };
    if (event?.type === 'AccessRequestDenied') return { verdict: 'denied', ...event.data };
    throw new Error('a new request is judged one way or the other');
  }

  async issue(occasion: Occasion): Promise<void> {
    await this.#issue(occasion);
  }

  /** Where nobody has to approve more time, it is given at once. */
  async judgeExtension(occasion: Occasion): Promise<void> {
    const policies = this.options.policies();
    const before = await loadState(this.options.store, accessGrant, occasion.requestId);
    const about = await this.#aboutExtension(before.state, occasion.requestId, policies);
    const command = { type: 'JudgeExtension', policies, ...about } as const;
    const { appended, ...known } = await this.#decide(occasion, command, before);
    if (appended?.event.type !== 'ExtensionValidated') return;
    if (appended.event.data.approval.type !== 'none') return;
    await this.#extend({ ...occasion, causationId: appended.id }, known);
  }

  async extend(occasion: Occasion): Promise<void> {
    await this.#extend(occasion);
  }

  async #extend(occasion: Occasion, known?: Known<AccessGrant>): Promise<void> {
    const { store } = this.options;
    const before = known ?? (await loadState(store, accessGrant, occasion.requestId));
    const policies = this.options.policies();
    const use = await this.#useOf(before.state);
    const circumstances = this.#circumstances();
    const about = { policies, circumstances, ...(use && { use }) };
    await this.#decide(occasion, { type: 'ExtendGrant', ...about }, before);
  }

  /** Places are asked for as for the request itself, and are others than its own. */
  async #aboutExtension(state: AccessGrant, requestId: string, inForce: PolicySet) {
    if (state.status !== 'granted') return { circumstances: this.#circumstances() };
    const pleaded = extensionPlea(state, inForce);
    if (isDenial(pleaded)) return { circumstances: this.#circumstances() };
    const { plea, set: policies } = pleaded;
    const place = `${requestId}.${state.rounds.last}`;
    const ask = (limit: RateLimit) => this.options.places.take(limit, place);
    const use = await this.#useOf(state);
    const circumstances = await this.#factsOf(plea, { requestId, policies, ask });
    return { circumstances, ...(use && { use }) };
  }

  async #useOf(state: AccessGrant): Promise<Used | undefined> {
    if (state.status !== 'granted' || state.terms.limits === undefined) return undefined;
    const { events } = await this.options.uses.load(state.grantId);
    return useOf(events.map(({ event }) => event));
  }

  endUnasked(occasion: Occasion): Promise<void> {
    return this.#handle(occasion, { type: 'EndUnasked', at: this.#now() });
  }

  /** Ends a request of which an approval was taken away, if nobody is left who could give another. */
  async endUnapprovable(occasion: Occasion): Promise<void> {
    const policies = this.options.policies();
    const circumstances = this.#circumstances();
    await this.#handle(occasion, { type: 'EndUnapprovable', policies, circumstances });
  }

  takeBack(occasion: Occasion): Promise<void> {
    return this.#handle(occasion, { type: 'TakeBackGrant', at: this.#now() });
  }

  async recheck(occasion: Occasion): Promise<void> {
    const policies = this.options.policies();
    const circumstances = this.#circumstances();
    await this.#handle(occasion, { type: 'RecheckGrant', policies, circumstances });
  }

  expire(occasion: Occasion): Promise<void> {
    return this.#handle(occasion, { type: 'ExpireGrant', at: this.#now() });
  }

  /** Ends a grant that has been used as often as it allows. */
  async endUsedUp({ grantId, ...occasion }: Occasion & { grantId: string }): Promise<void> {
    const { events } = await this.options.uses.load(grantId);
    const use = useOf(events.map(({ event }) => event));
    await this.#handle(occasion, { type: 'EndUsedUp', use, at: this.#now() });
  }

  /** Ends a grant that was not used for too long. */
  endIdle({ lastUsedMs, ...occasion }: Occasion & { lastUsedMs: number | undefined }) {
    return this.#handle(occasion, { type: 'EndIdle', lastUsedMs, at: this.#now() });
  }

  /** Asks for places one by one, since which rule wants one depends on whether the rule before it got one. */
  async #circumstancesOf(
    state: AccessGrant,
    { requestId, policies, names, ask }: Surroundings,
  ): Promise<Circumstances> {
    if (state.status !== 'requested') return this.#circumstances();
    return this.#factsOf({ ...state, names }, { requestId, policies, ask });
  }

  async #factsOf(
    plea: Plea,
    { requestId, policies, ask }: Omit<Surroundings, 'names'>,
  ): Promise<Circumstances> {
    const now = this.#circumstances();
    const { requester, request } = plea;
    const asked = { requestId, connection: request.connection, at: now.at };
    const history = this.options.history(requester, asked);
    const tickets = await this.#ticketsOf(plea, policies);
    const known = { ...now, ...(history && { history }), ...(tickets && { tickets }) };
    const model = this.options.askModel ?? (() => Promise.resolve('silent' as const));
    return withFacts({ plea, policies, known }, { place: ask, model });
  }

  /** States of the ticket that somebody names, where a judgement could depend on them. */
  async #ticketsOf(plea: Plea, policies: PolicySet): Promise<Circumstances['tickets']> {
    const { ticket } = plea.request;
    const names = askedTickets(plea, policies);
    if (ticket === undefined || names.length === 0) return undefined;
    return this.options.ticketStates?.of(names, ticket);
  }

  #circumstances(): Circumstances {
    const { isDisabled, members, stops } = this.options;
    return { at: this.#now(), isDisabled, ...(members && { members }), stops: stops() };
  }

  /** Takes back the grant of an agent that has left the groups that it is for. */
  takeFromLeaver({
    tokenIssuedAt,
    ...occasion
  }: Occasion & { tokenIssuedAt: string }): Promise<void> {
    return this.#handle(occasion, { type: 'TakeFromLeaver', tokenIssuedAt, at: this.#now() });
  }

  #now(): string {
    return this.options.clock().toISOString();
  }

  async #issue(occasion: Occasion, known?: Known<AccessGrant>): Promise<void> {
    const { requestId } = occasion;
    const before = known ?? (await loadState(this.options.store, accessGrant, requestId));
    const names = await this.#namesToIssue(before.state, this.options.policies());
    // A cluster takes seconds to answer: what came in meanwhile counts.
    const policies = this.options.policies();
    const circumstances = this.#circumstances();
    const grantId = v5(requestId, GRANT_IDS);
    const command = { type: 'IssueGrant', grantId, policies, circumstances, names } as const;
    await this.#decide(occasion, command, before);
  }

  /** `undefined` where everything is named. */
  async #namesToJudge(state: AccessGrant, policies: PolicySet): Promise<Names | undefined> {
    if (state.status !== 'requested') return undefined;
    return this.#find(state, policies);
  }

  /** Only once nothing else is missing: until then clusters are not asked about what is only asked for. */
  async #namesToIssue(state: AccessGrant, policies: PolicySet): Promise<Names | undefined> {
    if (state.status !== 'pending' || state.resolved === undefined) return undefined;
    if (state.approval.type !== 'none' && !state.isApproved) return undefined;
    return this.#find(state, policies);
  }

  async #find(plea: Selecting, policies: PolicySet): Promise<Names | undefined> {
    const scope = selectiveScope(plea, policies);
    if (scope === undefined) return undefined;
    const { requester, request, resolved: shown } = plea;
    const asking = { connection: request.connection, requester };
    const ask = (lookup: NamesLookup) => this.options.names(asking, lookup);
    return findNames(scope, { ask, shown });
  }

  async #handle(occasion: Occasion, command: AccessGrantCommand): Promise<void> {
    await this.#decide(occasion, command);
  }

  async #decide(
    { requestId, causationId }: Occasion,
    command: AccessGrantCommand,
    known?: Known<AccessGrant>,
  ): Promise<Handled<AccessGrant, AccessEvent>> {
    const { store, clock, logger } = this.options;
    const at = clock();
    const handled = await handleCommand(store, accessGrant, {
      aggregateId: requestId,
      command,
      known,
      metadata: {
        id: uuidV7(at),
        causationId,
        actor: { kind: 'service', id: 'policy' },
        at: at.toISOString(),
      },
    });
    const { appended } = handled;
    if (appended !== undefined) logger.log({ ...summaryOf(appended.event), requestId });
    return handled;
  }
}

/** What a log line says of a decision: never a text that an agent wrote. */
function summaryOf({ type, data }: AccessEvent): object {
  const policy = 'policy' in data ? data.policy : undefined;
  const code = 'code' in data ? data.code : undefined;
  const grantId = 'grantId' in data ? data.grantId : undefined;
  return {
    msg: type,
    ...(policy && { policy: policy.name, policyVersion: policy.version }),
    ...(code && { code }),
    ...(grantId && { grantId }),
  };
}
