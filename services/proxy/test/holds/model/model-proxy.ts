import type { HoldEvent } from '@drawbridge/contracts';
import { HeldCalls, HoldDesk } from '@drawbridge/holds';
import { AppError, type EventStore } from '@drawbridge/kernel';
import { judgeAgain, type Guarded } from '../../../src/chain/guard-call.js';
import { holdCall } from '../../../src/chain/hold-call.js';
import { CallRefused } from '../../../src/domain/call-refused.js';
import { CallHistory } from '../../../src/hold/call-history.js';
import { parkCall, type ParkCallParts } from '../../../src/hold/park-call.js';
import { WaitingRoom } from '../../../src/hold/waiting-room.js';
import { LiveCalls } from '../../../src/streams/live-calls.js';
import type {
  Upstream,
  UpstreamListener,
  UpstreamRequest,
} from '../../../src/upstream/upstream.js';
import { ModelClient, OBJECT_PATH, type Attempt } from './model-client.js';
import type { ModelWorld } from './model-world.js';
import { decisionUnder, effects, type PolicyVersion } from './policies.js';

const WAIT_MS = 50_000;
const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
const never = new Promise<never>(() => undefined);

/** One worker of the gateway: real desk, room and stage; what it talks to answers when the scheduler lets it. */
export class ModelProxy {
  readonly live = new LiveCalls();
  readonly clients = new Set<ModelClient>();
  readonly #held = new HeldCalls();
  readonly #room: WaitingRoom;
  readonly #parts: ParkCallParts;
  readonly #stage: (call: Guarded) => Promise<unknown>;
  /** The object as each command was shown it last. */
  readonly #served = new Map<string, string>();
  #followed = 0;
  #isDead = false;

  constructor(
    private readonly world: ModelWorld,
    public policy: PolicyVersion,
  ) {
    const clock = () => new Date();
    const limits = {
      openPerAgent: 50,
      perAgentAndHour: 1_000,
      decideSeconds: 900,
      approvalSeconds: 300,
    };
    const newId = () => world.newId();
    const desk = new HoldDesk({ store: this.#store(), held: this.#held, clock, newId, limits });
    const { live } = this;
    this.#room = new WaitingRoom({ desk, held: this.#held, live, logger: silent });
    const history = new CallHistory();
    const recheck = () => this.#recheck();
    const connections = { get: () => this.#upstream };
    this.#parts = {
      desk,
      room: this.#room,
      history,
      requests: { load: () => this.#io(() => world.accessRequest()) },
      identities: { assume: () => undefined },
      judgeAgain: judgeAgain({ guard: { ask: () => this.#ask() }, recheck, connections }),
      policyVersion: () => this.policy,
      recheck,
      waitMs: WAIT_MS,
    };
    const stage = holdCall({ park: (call) => parkCall(this.#parts, call), history });
    this.#stage = stage((call) => {
      world.forwarded(this, call, this.#served.get(call.commandId) ?? '');
      return Promise.resolve({} as never);
    });
  }

  /** A client makes its call; guardrails are asked as the step before does it. */
  call(attempt: Attempt): void {
    const client = new ModelClient(attempt, this.world.newId());
    const guard = decisionUnder(this.policy);
    if (guard.effect !== 'hold' || !this.world.isGrantOpen) return;
    this.clients.add(client);
    client.facts.guard = guard;
    const { grant } = this.world;
    const call = { ...client.parts, guard, grant, upstream: this.#upstream } as unknown as Guarded;
    void this.#stage(call)
      .then(() => 'forwarded')
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) this.world.faults.push(error);
        return error instanceof AppError ? String(error.code) : 'fault';
      })
      .then((end) => {
        client.end = end;
        this.clients.delete(client);
        this.world.ended(client);
      });
  }

  /** Takes a few more events, as a follower that is behind would; some twice. */
  follow(count: number): void {
    const { log } = this.world.log;
    const from = Math.max(0, this.#followed - 1);
    for (const event of log.slice(from, this.#followed + count)) this.#held.apply(event);
    this.#followed = Math.min(this.#followed + count, log.length);
  }

  changePolicy(version: PolicyVersion): void {
    this.policy = version;
    this.#room.policyChanged(version);
  }

  grantEnded(grantId: string): void {
    this.live.cutGrant(grantId, 'grant_revoked');
    this.#room.grantEnded(grantId);
  }

  /** Calls that wait for humans at this moment. */
  get waiting(): number {
    return this.#room.size;
  }

  /** It is killed: nothing that it has begun goes on, and nobody can say how far it came. */
  kill(): void {
    this.#isDead = true;
    this.#room.close();
    for (const client of this.clients) client.end = 'killed';
    this.clients.clear();
  }

  close(): void {
    this.#room.close();
  }

  get isCurrent(): boolean {
    return this.#followed === this.world.log.log.length;
  }

  async #io<Answer>(act: () => Promise<Answer> | Answer): Promise<Answer> {
    const answer = await this.world.io(() => {
      if (this.#isDead) return never;
      return act();
    });
    return this.#isDead ? never : answer;
  }

  #store(): EventStore<HoldEvent> {
    return {
      load: (holdId) => this.#io(() => this.world.log.load(holdId)),
      append: (append) => this.#io(() => this.world.store.append(append)),
    };
  }

  /** Judged by the rules as they are when it is asked, and answered later, as where the cluster is asked. */
  async #ask() {
    const guard = decisionUnder(this.policy);
    await this.#io(() => undefined);
    return { guard, body: { kind: 'none' } as const };
  }

  async #recheck(): Promise<void> {
    await this.#io(() => undefined);
    if (!this.world.isGrantOpen) throw new CallRefused('no_grant', 'the grant has ended');
  }

  get #upstream(): Upstream {
    return this.#cluster;
  }

  readonly #cluster = {
    name: 'prod',
    prepare: ({ commandId }: { commandId: string }) => ({
      send: ({ method, target }: UpstreamRequest, listener: UpstreamListener) => {
        void this.#io(() => this.world.resourceVersion).then((version) => {
          if (method === 'GET' && target === OBJECT_PATH) this.#served.set(commandId, version);
          const metadata = { name: 'settings', resourceVersion: version };
          listener.onHead(200, ['content-type', 'application/json']);
          const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} };
          listener.onData(Buffer.from(JSON.stringify(object)), true);
          listener.onEnd();
        });
        return { pause: () => undefined, resume: () => undefined, abort: () => undefined };
      },
    }),
  } as unknown as Upstream;

  /** Whether what is forwarded now needs an approval. */
  get holds(): boolean {
    return effects[this.policy] === 'hold';
  }
}
