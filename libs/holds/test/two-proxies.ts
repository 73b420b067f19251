import type { HeldCall, HoldEvent, Principal } from '@drawbridge/contracts';
import {
  EventStoreError,
  handleCommand,
  type Append,
  type Appended,
  type EventStore,
} from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import { hold } from '../src/domain/hold.js';
import { HoldRefused } from '../src/domain/hold-refused.js';
import { HeldCalls } from '../src/held-calls.js';
import { HoldDesk, type HoldTicket } from '../src/hold-desk.js';
import { call, facts, grantId, limits, minute, request } from './sample-holds.js';

/** One call as a client makes it; `object` is the resourceVersion that it would meet. */
export interface Attempt {
  readonly proxy: 0 | 1;
  readonly path: '/a' | '/b';
}

/** A command that reached the cluster, with everything that was true at that moment. */
export interface Forward {
  readonly commandId: string;
  readonly holdId: string;
  readonly call: HeldCall;
  readonly at: string;
  readonly isGrantOpen: boolean;
  /** How many events the log had. */
  readonly logLength: number;
}

/** An event store that sometimes does not say, or does not know, whether it stored an event. */
class Flaky implements EventStore<HoldEvent> {
  /** Appends from now on: `lost` is not stored, `unsaid` is stored and not acknowledged. */
  next: 'lost' | 'unsaid' | undefined;

  constructor(private readonly inner: InMemoryEventStore<HoldEvent>) {}

  load(aggregateId: string) {
    return this.inner.load(aggregateId);
  }

  async append(append: Append<HoldEvent>): Promise<Appended<HoldEvent>> {
    const fate = this.next;
    this.next = undefined;
    if (fate === 'lost') throw new EventStoreError('event_store_unavailable', 'lost');
    const recorded = await this.inner.append(append);
    if (fate === 'unsaid') throw new EventStoreError('event_store_unavailable', 'unsaid');
    return recorded;
  }
}

class Proxy {
  held = new HeldCalls();
  /** How much of the log its view has seen. */
  seen = 0;
  desk: HoldDesk;

  constructor(private readonly world: World) {
    this.desk = this.#newDesk();
  }

  /** What was in memory is gone; the view is made again from the log. */
  restart(): void {
    this.held = new HeldCalls();
    this.seen = 0;
    this.desk = this.#newDesk();
  }

  /** Takes a few more events, as a follower that is behind would; some twice. */
  follow(count: number): void {
    const { log } = this.world.log;
    for (const event of log.slice(Math.max(0, this.seen - 1), this.seen + count))
      this.held.apply(event);
    this.seen = Math.min(this.seen + count, log.length);
  }

  #newDesk(): HoldDesk {
    return new HoldDesk({
      store: this.world.store,
      held: this.held,
      clock: () => new Date(this.world.now),
      newId: () => this.world.newId(),
      limits: { ...limits, openPerAgent: 50, perAgentAndHour: 1000 },
    });
  }
}

/** Two proxies, one log, one clock, a grant and a policy that may change, and clients that repeat themselves. */
export class World {
  readonly log = new InMemoryEventStore<HoldEvent>();
  readonly store = new Flaky(this.log);
  readonly forwards: Forward[] = [];
  readonly proxies: readonly [Proxy, Proxy];
  now = Date.parse(minute(0));
  isGrantOpen = true;
  policyVersion = 'policy-1';
  resourceVersion = '1';
  #ids = 0;

  /** @param humans - how many different ones must say yes */
  constructor(private readonly humans = 1) {
    this.proxies = [new Proxy(this), new Proxy(this)];
  }

  newId(): string {
    this.#ids += 1;
    return `018f0000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  get at(): string {
    return new Date(this.now).toISOString();
  }

  callNow(path: Attempt['path']): HeldCall {
    const { policyVersion, resourceVersion } = this;
    return { ...call, path, policyVersion, resourceVersion };
  }

  /** What a proxy does with one command, from its arrival to its end. It forgets nothing, and trusts nobody. */
  async attempt({ proxy, path }: Attempt): Promise<void> {
    const commandId = this.newId();
    const ticket = await this.#parked({ proxy, path }, commandId);
    if (ticket === undefined) return;
    // Whatever the ticket says: the release must stand alone.
    const now = this.callNow(path);
    await this.#try(async () => {
      await this.proxies[proxy].desk.release({
        holdId: ticket.holdId,
        call: now,
        commandId,
        ...(this.isGrantOpen ? { grant: { grantId, endsAt: request.grantEndsAt } } : {}),
      });
      const { at, isGrantOpen } = this;
      const { holdId } = ticket;
      const logLength = this.log.log.length;
      this.forwards.push({ commandId, holdId, call: now, at, isGrantOpen, logLength });
    });
  }

  #parked({ proxy, path }: Attempt, commandId: string): Promise<HoldTicket | undefined> {
    const approvers = { groups: ['sre-oncall'], count: this.humans };
    const held = { ...facts, approvers, commandId, call: this.callNow(path) };
    return this.#try(() => this.proxies[proxy].desk.hold(held));
  }

  /** A human decides on the newest or any other hold of the log, as often as they like. */
  async decide(
    type: 'ApproveHold' | 'DenyHold',
    approver: Principal,
    which: number,
  ): Promise<void> {
    const command = { type, approver, via: 'http', at: this.at } as const;
    await this.#handle(command, which);
  }

  async endInTime(which: number): Promise<void> {
    await this.#handle({ type: 'EndHoldInTime', at: this.at }, which);
  }

  async cancel(which: number): Promise<void> {
    const holdId = this.#holdId(which);
    if (holdId === undefined) return;
    await this.#try(() => this.proxies[0].desk.cancel(holdId, 'client_gone', 'cause'));
  }

  async #handle(command: Parameters<typeof hold.decide>[0], which: number): Promise<void> {
    const aggregateId = this.#holdId(which);
    if (aggregateId === undefined) return;
    const metadata = {
      id: this.newId(),
      causationId: 'cause',
      actor: { kind: 'human', id: 'somebody' },
      at: this.at,
    } as const;
    await this.#try(() => handleCommand(this.store, hold, { aggregateId, command, metadata }));
  }

  #holdId(which: number): string | undefined {
    const ids = [...new Set(this.log.log.map(({ aggregateId }) => aggregateId))];
    return ids[which % Math.max(ids.length, 1)];
  }

  async #try<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof HoldRefused || error instanceof EventStoreError) return undefined;
      throw error;
    }
  }
}
