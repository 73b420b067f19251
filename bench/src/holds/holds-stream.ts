import { randomUUID } from 'node:crypto';
import type {
  AccessEvent,
  HoldEventType,
  Principal,
  Rule,
  TrustedIssuer,
} from '@drawbridge/contracts';
import {
  accessEventStore,
  connectJetStream,
  followHoldEvents,
  publishTrustBundle,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';

const GRANT_SECONDS = 6 * 3_600;
/** Of a machine that does many other things. */
const WAIT_MS = 60_000;
const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };

export interface Grantee {
  readonly issuer: string;
  readonly subject: string;
  readonly connection: string;
  /** Who approves, its calls too. */
  readonly group: string;
}

/** A hold and when each of its events reached us: milliseconds of `performance.now()`. */
export interface SeenHold {
  readonly holdId: string;
  readonly at: Partial<Record<HoldEventType, number>>;
}

type Listener = () => void;

/** The events of the bus as a bystander sees them, and those that the services beside would have written. */
export class HoldsStream {
  readonly #byGrant = new Map<string, SeenHold[]>();
  readonly #holds = new Map<string, SeenHold>();
  readonly #listeners = new Set<Listener>();
  readonly #follower: EventFollower;

  private constructor(private readonly connection: JetStreamConnection) {
    this.#follower = followHoldEvents(connection, {
      since: new Date(),
      onEvent: ({ aggregateId, event }) => {
        const now = performance.now();
        const hold = this.#holds.get(aggregateId) ?? { holdId: aggregateId, at: {} };
        hold.at[event.type] = now;
        this.#holds.set(aggregateId, hold);
        if (event.type === 'CommandHeld') {
          const { grantId } = event.data.call;
          this.#byGrant.set(grantId, [...(this.#byGrant.get(grantId) ?? []), hold]);
        }
        for (const listener of this.#listeners) listener();
      },
    });
  }

  static async open(url: string): Promise<HoldsStream> {
    const connection = await connectJetStream({ servers: url, name: 'bench-holds' });
    return new HoldsStream(connection);
  }

  async trust(issuers: readonly TrustedIssuer[]): Promise<void> {
    const publishedAt = new Date().toISOString();
    await publishTrustBundle(this.connection, { revision: 1, publishedAt, issuers: [...issuers] });
  }

  /** An access request that humans approved, as policy writes it. @returns the id of its grant */
  async grant(grantee: Grantee): Promise<string> {
    const [grantId, requestId] = [randomUUID(), randomUUID()];
    const startsAt = new Date();
    const store = accessEventStore(this.connection, 'policy');
    for (const event of storyOf(grantee, grantId, startsAt)) {
      const { position } = await store.load(requestId);
      const metadata = {
        id: uuidV7(startsAt),
        causationId: 'bench',
        actor: { kind: 'service', id: 'policy' } as const,
        at: startsAt.toISOString(),
      };
      await store.append({ aggregateId: requestId, position, event, metadata });
    }
    return grantId;
  }

  /** The hold of a grant with this number, once its call is held. */
  held(grantId: string, number: number): Promise<SeenHold> {
    return this.#until(`hold ${number} of ${grantId}`, () => this.#byGrant.get(grantId)?.[number]);
  }

  /** When an event of a hold was there. */
  reached({ holdId, at }: SeenHold, type: HoldEventType): Promise<number> {
    return this.#until(`${type} of ${holdId}`, () => at[type]);
  }

  async close(): Promise<void> {
    await this.#follower.close();
    await this.connection.close();
  }

  async #until<Found>(what: string, look: () => Found | undefined): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const listener = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`there is no ${what}`)), WAIT_MS);
    this.#listeners.add(listener);
    try {
      listener();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    }
  }
}

function storyOf(grantee: Grantee, grantId: string, startsAt: Date): readonly AccessEvent[] {
  const { issuer, subject, connection, group } = grantee;
  const agent: Principal = { kind: 'agent', issuer, subject, groups: [] };
  const policy = { name: 'bench', version: 'bench' };
  const terms = {
    connection,
    environment: 'bench',
    rules: [everything],
    durationSeconds: GRANT_SECONDS,
    reason: 'bench',
  };
  const people = { count: 1, groups: [group], excludeOwner: true, timeoutSeconds: 600 };
  const endsAt = new Date(startsAt.getTime() + GRANT_SECONDS * 1_000);
  return [
    // The grant comes first here: to the other the approval service says something at once.
    {
      type: 'GrantIssued',
      data: {
        grantId,
        policy,
        grantee: agent,
        terms,
        approvers: [],
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
      },
    },
    {
      type: 'AccessRequestValidated',
      data: {
        policy,
        requester: agent,
        terms,
        cuts: [],
        approval: { type: 'humans', ...people },
        risk: { level: 'low', reasons: [] },
      },
    },
  ];
}
