import type { HoldEvent, Principal } from '@drawbridge/contracts';
import { hold, HoldRefused, type HoldCommand } from '@drawbridge/holds';
import {
  EventStoreError,
  handleCommand,
  type Append,
  type Appended,
  type EventStore,
} from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import type { Scheduler } from 'fast-check';
import { vi } from 'vitest';
import type { Guarded } from '../../../src/chain/guard-call.js';
import { accessRequestId, agent, grantId, type Attempt, type ModelClient } from './model-client.js';
import { ModelProxy } from './model-proxy.js';
import type { PolicyVersion } from './policies.js';

const START = Date.parse('2026-01-05T09:00:00.000Z');
const HOUR_MS = 3_600_000;
const GRANT_MS = 2 * HOUR_MS;

const human = (name: string, groups: string[]): Principal => ({
  kind: 'human',
  issuer: 'https://idp.corp.test',
  subject: name,
  email: `${name}@corp.test`,
  groups,
});
export const alice = human('alice', ['sre-oncall']);
export const bob = human('bob', ['sre-oncall']);
/** Owner of the agent. */
export const dana = human('dana', ['sre-oncall']);
/** In no group of approvers. */
export const erin = human('erin', ['developers']);

/** A command that got past the stage, with everything that was true at that moment. */
export interface Forward {
  readonly commandId: string;
  readonly holdId: string | undefined;
  readonly attempt: Attempt;
  readonly policy: PolicyVersion;
  readonly isGrantOpen: boolean;
  /** State of the object when it was looked at last. */
  readonly resourceVersion: string;
  /** How many events the log had. */
  readonly logLength: number;
}

/** What does not say, or does not know, whether an event was stored. */
export type Fate = 'lost' | 'unsaid';

/**
 * Two gateways, humans, a cluster, one stream of holds and one clock. Whatever takes time in reality takes as long
 * here as the scheduler likes, so that everything may happen in between.
 */
export class ModelWorld {
  readonly log = new InMemoryEventStore<HoldEvent>();
  readonly forwards: Forward[] = [];
  readonly ends = new Map<string, number>();
  /** What no step may throw. */
  readonly faults: unknown[] = [];
  readonly proxies: [ModelProxy, ModelProxy];
  resourceVersion = '1';
  isGrantOpen = true;
  fate: Fate | undefined;
  #ids = 0;
  #clients = new Map<string, ModelClient>();

  constructor(private readonly scheduler: Scheduler) {
    vi.setSystemTime(START);
    this.proxies = [new ModelProxy(this, 'p1'), new ModelProxy(this, 'p1')];
  }

  get grant() {
    const { issuer, subject } = agent;
    return {
      grantId,
      accessRequestId,
      issuer,
      subject,
      connection: 'prod',
      endsAtMs: START + GRANT_MS,
    };
  }

  newId(): string {
    this.#ids += 1;
    return `018f0000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  /** Something that takes a while: until it is done, and until that is known. */
  async io<Answer>(act: () => Promise<Answer> | Answer): Promise<Answer> {
    await this.scheduler.schedule(Promise.resolve(), 'asked');
    const done = Promise.resolve(act());
    // Whatever comes of it, it is known later.
    done.catch(() => undefined);
    await this.scheduler.schedule(Promise.resolve(), 'answered');
    return done;
  }

  readonly store: EventStore<HoldEvent> = {
    load: (holdId) => this.log.load(holdId),
    append: (append) => this.#append(append),
  };

  accessRequest() {
    const data = {
      terms: { reason: 'clean up', environment: 'production' },
      approval: { type: 'humans', groups: ['sre-oncall'] },
    };
    return { events: [{ event: { type: 'AccessRequestValidated', data } }] } as never;
  }

  call(proxy: 0 | 1, attempt: Attempt): void {
    this.proxies[proxy].call(attempt);
    for (const client of this.proxies[proxy].clients) this.#clients.set(client.commandId, client);
  }

  forwarded(proxy: ModelProxy, call: Guarded, resourceVersion: string): void {
    const { commandId, facts } = call;
    const client = this.#clients.get(commandId);
    if (client === undefined) throw new Error(`nobody has made command ${commandId}`);
    this.forwards.push({
      commandId,
      holdId: facts.holdId,
      attempt: client.attempt,
      policy: proxy.policy,
      isGrantOpen: this.isGrantOpen,
      resourceVersion,
      logLength: this.log.log.length,
    });
  }

  ended({ end = '' }: ModelClient): void {
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }

  /** One of the clients that have no answer yet goes away. */
  leave(which: number): void {
    const waiting = this.clients;
    waiting[which % Math.max(1, waiting.length)]?.leave();
  }

  get clients(): readonly ModelClient[] {
    return this.proxies.flatMap(({ clients }) => [...clients]);
  }

  kill(proxy: 0 | 1): void {
    const { policy } = this.proxies[proxy];
    this.proxies[proxy].kill();
    this.proxies[proxy] = new ModelProxy(this, policy);
  }

  endGrant(): void {
    this.isGrantOpen = false;
    for (const proxy of this.proxies) proxy.grantEnded(grantId);
  }

  /** A human decides on any hold of the log, as often as they like; the approval service may be as unlucky. */
  decide(type: 'ApproveHold' | 'DenyHold', approver: Principal, which: number): void {
    const command = { type, approver, via: 'http', at: new Date().toISOString() } as const;
    this.#handle(command, which);
  }

  /** The approval service looks at its clock. */
  endInTime(which: number): void {
    this.#handle({ type: 'EndHoldInTime', at: new Date().toISOString() }, which);
  }

  /** The newest first. */
  get holdIds(): readonly string[] {
    return [...new Set(this.log.log.map(({ aggregateId }) => aggregateId))].toReversed();
  }

  #handle(command: HoldCommand, which: number): void {
    const { holdIds } = this;
    const aggregateId = holdIds[which % Math.max(1, holdIds.length)];
    if (aggregateId === undefined) return;
    const actor = { kind: 'human', id: 'somebody' } as const;
    const at = new Date().toISOString();
    const metadata = { id: this.newId(), causationId: 'cause', actor, at };
    const store = {
      load: (holdId: string) => this.io(() => this.log.load(holdId)),
      append: (append: Append<HoldEvent>) => this.io(() => this.store.append(append)),
    };
    handleCommand(store, hold, { aggregateId, command, metadata }).catch((error: unknown) => {
      if (error instanceof HoldRefused || error instanceof EventStoreError) return;
      this.faults.push(error);
    });
  }

  async #append(append: Append<HoldEvent>): Promise<Appended<HoldEvent>> {
    const { fate } = this;
    this.fate = undefined;
    if (fate === 'lost') throw new EventStoreError('event_store_unavailable', 'lost');
    const recorded = await this.log.append(append);
    if (fate === 'unsaid') throw new EventStoreError('event_store_unavailable', 'unsaid');
    return recorded;
  }

  /** Lets up to `count` things that take time come about. */
  async goOn(count: number): Promise<void> {
    await settled();
    for (let done = 0; done < count && this.scheduler.count() > 0; done += 1) {
      await this.scheduler.waitNext(1);
      await settled();
    }
  }

  /** Until nothing is under way any more but waiting for humans, clients and clocks. */
  async calm(): Promise<void> {
    do {
      await this.goOn(Infinity);
      for (const proxy of this.proxies) proxy.follow(Infinity);
      await settled();
    } while (this.scheduler.count() > 0 || !this.proxies.every(({ isCurrent }) => isCurrent));
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await settled();
  }
}

/** Everything that does not wait for something has been done. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
