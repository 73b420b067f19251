import type { AccessEvent, AccessEventType, Principal, UseEventType } from '@drawbridge/contracts';
import { AppError, type Clock, type RecordedEvent } from '@drawbridge/kernel';
import {
  AccessApprovals,
  ExtensionOffers,
  lostSays,
  OpenReviews,
  RequestTimers,
  Reviews,
  ReviewTimers,
  Revocations,
  WaitingRequests,
  type RequestStory,
} from '@drawbridge/approval/core';
import { Duties, Places, PolicyCommands, type PolicySet } from '@drawbridge/policy/core';
import { Stops } from '@drawbridge/stops';
import type { Bus, Delivery, Process } from './bus.js';
import { admin, everybody } from './people.js';
import { policySets } from './policies.js';

/** What all replicas share that is not the log. */
export interface Surroundings {
  readonly bus: Bus;
  /** E-mail addresses of humans of whom identity says that they are disabled. */
  readonly disabled: ReadonlySet<string>;
}

export interface Replica {
  readonly process: Process;
  readonly clock: Clock;
}

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
export const isDisabledIn =
  ({ disabled }: Surroundings) =>
  ({ email = '' }: Principal): boolean =>
    disabled.has(email.toLowerCase());

/** One process of policy: its commands, its clock of grants, and what it knows of stops. */
export class PolicyReplica {
  set: PolicySet = policySets[0] as PolicySet;
  readonly commands: PolicyCommands;
  readonly #duties = new Duties();
  readonly #known = new Set<string>();
  readonly #stops = new Stops();
  readonly #since: { readonly access: number; readonly stops: number };
  #accessSeen = 0;
  #recheck = false;

  constructor(
    private readonly world: Surroundings,
    private readonly replica: Replica,
  ) {
    const { bus } = world;
    this.#since = { access: bus.access.log.length, stops: bus.stops.log.length };
    this.commands = new PolicyCommands({
      store: bus.accessStore(replica.process),
      uses: bus.useStore(replica.process),
      policies: () => this.set,
      isDisabled: isDisabledIn(world),
      stops: () => {
        if (replica.process.stopsSeen >= this.#since.stops) return this.#stops;
        throw new AppError('stops_unknown', 'not caught up');
      },
      history: () => undefined,
      places: new Places(bus.bucket(replica.process), replica.clock),
      names: () => Promise.resolve({ refusal: 'unavailable' }),
      clock: replica.clock,
      logger: silent,
    });
  }

  change(set: PolicySet): void {
    this.set = set;
    this.#recheck = true;
  }

  hearAccess(most: number): void {
    const { log } = this.world.bus.access;
    for (const recorded of log.slice(this.#accessSeen, this.#accessSeen + most)) {
      this.#accessSeen += 1;
      this.#known.add(recorded.aggregateId);
      this.#duties.apply(recorded);
      this.#recheck ||= this.#isStopped(recorded);
    }
  }

  hearStops(most: number): void {
    const { process } = this.replica;
    for (const recorded of this.world.bus.stops.log.slice(process.stopsSeen).slice(0, most)) {
      process.stopsSeen += 1;
      this.#stops.take(recorded);
      this.#recheck = true;
    }
  }

  /** Issued while the stop was on its way. */
  #isStopped({ event, at }: RecordedEvent<AccessEvent>): boolean {
    if (event.type !== 'GrantIssued') return false;
    const { grantee, terms } = event.data;
    const { issuer, subject } = grantee;
    const grant = { issuer, subject, connection: terms.connection, issuedAtMs: Date.parse(at) };
    return this.#stops.over(grant) !== undefined;
  }

  handle({ recorded }: Delivery): () => Promise<void> {
    const { aggregateId, id: causationId, event } = recorded;
    if (event.type === 'CallFinished') {
      const { accessRequestId: requestId } = event.data;
      return () => this.commands.endUsedUp({ requestId, grantId: aggregateId, causationId });
    }
    if (event.type === 'GrantGroupLost') {
      const { accessRequestId: requestId, tokenIssuedAt } = event.data;
      return () => this.commands.takeFromLeaver({ requestId, tokenIssuedAt, causationId });
    }
    const occasion = { requestId: aggregateId, causationId };
    const command = answers[event.type] ?? 'takeBack';
    return () => this.commands[command](occasion);
  }

  /** What the clock of grants does on each look. */
  async look(): Promise<void> {
    if (this.#accessSeen < this.#since.access) return;
    const dues = [...this.#known].flatMap((id) => this.#duties.get(id) ?? []);
    const nowMs = this.replica.clock().getTime();
    for (const { command, atMs, ...occasion } of dues)
      if (atMs <= nowMs) await this.commands[command](occasion);
    if (!this.#recheck) return;
    for (const occasion of this.#duties.openGrants) await this.commands.recheck(occasion);
    this.#recheck = false;
  }
}

const answers: Partial<
  Record<AccessEventType | UseEventType, 'judge' | 'issue' | 'judgeExtension' | 'extend'>
> = {
  AccessRequested: 'judge',
  AccessRequestValidated: 'issue',
  AccessRequestApproved: 'issue',
  ExtensionRequested: 'judgeExtension',
  ExtensionOffered: 'judgeExtension',
  ExtensionValidated: 'extend',
  ExtensionApproved: 'extend',
};

/** One process of approval: what humans say to it, its timers, and who has lost their say. */
export class ApprovalReplica {
  readonly approvals: AccessApprovals;
  readonly revocations: Revocations;
  readonly offers: ExtensionOffers;
  readonly reviews: Reviews;
  readonly #openReviews: OpenReviews;
  readonly #reviewTimers: ReviewTimers;
  readonly #stories = new Map<string, RequestStory>();
  readonly #waiting: WaitingRequests;
  readonly #timers: RequestTimers;
  readonly #since: number;
  #accessSeen = 0;

  constructor(
    private readonly world: Surroundings,
    { process, clock }: Replica,
  ) {
    const store = world.bus.accessStore(process);
    this.#since = world.bus.access.log.length;
    this.approvals = new AccessApprovals(store, clock);
    const isAdmin = ({ subject }: Principal) => subject === admin.subject;
    this.revocations = new Revocations({ store, clock, isAdmin });
    this.offers = new ExtensionOffers({ store, clock, isAdmin });
    this.reviews = new Reviews(store, clock);
    this.#reviewTimers = new ReviewTimers({ reviews: this.reviews, clock, logger: silent });
    this.#openReviews = new OpenReviews(this.#reviewTimers.follow);
    this.#timers = new RequestTimers({ approvals: this.approvals, clock, logger: silent });
    this.#waiting = new WaitingRequests([
      this.#timers.follow,
      (id, story) =>
        story === undefined ? this.#stories.delete(id) : this.#stories.set(id, story),
    ]);
  }

  hearAccess(most: number): void {
    const { log } = this.world.bus.access;
    for (const recorded of log.slice(this.#accessSeen, this.#accessSeen + most)) {
      this.#accessSeen += 1;
      this.#waiting.take(recorded);
      this.#openReviews.take(recorded);
    }
  }

  handle({ recorded }: Delivery): () => Promise<void> {
    const { aggregateId, id, event } = recorded;
    const type = reactions[event.type] ?? 'RequestApproval';
    return () => this.approvals.react(type, aggregateId, id);
  }

  async look(): Promise<void> {
    if (this.#accessSeen < this.#since) return;
    await this.#timers.look();
    await this.#reviewTimers.look(this.#openReviews);
    for (const [id, story] of [...this.#stories]) {
      const now = { isDisabled: isDisabledIn(this.world), people: everybody };
      for (const say of lostSays(story, now)) await this.approvals.voidApproval(id, say);
    }
  }
}

const reactions: Partial<Record<string, 'CompleteApproval' | 'RejectRequest'>> = {
  ApprovalGiven: 'CompleteApproval',
  ApprovalDenied: 'RejectRequest',
};
