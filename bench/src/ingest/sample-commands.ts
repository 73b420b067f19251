import { createHash, randomUUID } from 'node:crypto';
import { recordLine, type CommandRecord, type Principal } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';

/*
 * Commands as a company's agents make them: many agents and grants, a few verbs, many names, most of them of pods with
 * random ends. What does not differ between calls compresses to nothing, so what does differ is what is measured.
 */

/** Numbers that look random and are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface SampleCall {
  readonly started: string;
  readonly ended: string;
}

type Started = Extract<CommandRecord, { type: 'CommandStarted' }>;

interface Agent {
  readonly principal: Principal;
  readonly grantId: string;
  readonly accessRequestId: string;
  readonly address: string;
  readonly userAgent: string;
  readonly connection: string;
  readonly namespace: string;
}

const AGENTS = 300;
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const verbs = [
  ...['get', 'get', 'get', 'get', 'get', 'list', 'list', 'list', 'watch'],
  ...['patch', 'update', 'create'],
] as const;
const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  patch: 'PATCH',
  update: 'PUT',
  create: 'POST',
};
const kinds = [
  ['', 'v1', 'pods'],
  ['', 'v1', 'pods'],
  ['', 'v1', 'services'],
  ['', 'v1', 'configmaps'],
  ['', 'v1', 'events'],
  ['apps', 'v1', 'deployments'],
  ['apps', 'v1', 'replicasets'],
  ['batch', 'v1', 'jobs'],
] as const;

/** Makes calls one after the other, each a little later than the one before. */
export class SampleCommands {
  readonly #random: () => number;
  readonly #agents: readonly Agent[];
  #at: number;

  constructor(
    { seed = 1, startsAt = Date.now() }: { seed?: number; startsAt?: number } = {},
    private readonly perSecond = 20_000,
  ) {
    this.#random = randomFrom(seed);
    this.#at = startsAt;
    this.#agents = Array.from({ length: AGENTS }, (_, index) => this.#agent(index));
  }

  next(): SampleCall {
    this.#at += (1_000 / this.perSecond) * 2 * this.#random();
    const receivedAt = new Date(this.#at);
    const agent = this.#one(this.#agents);
    const commandId = uuidV7(receivedAt);
    const durationMs = 1 + Math.floor(this.#random() ** 3 * 400);
    const verb = this.#one(verbs);
    const ended = new Date(receivedAt.getTime() + durationMs);
    return {
      started: recordLine(this.#started(agent, { commandId, verb, at: receivedAt.toISOString() })),
      ended: recordLine({
        type: 'CommandEnded',
        connection: agent.connection,
        grantId: agent.grantId,
        commandId,
        at: ended.toISOString(),
        outcome: 'completed',
        statusCode: this.#random() < 0.04 ? 404 : verb === 'create' ? 201 : 200,
        requestBytes: verb === 'patch' ? 80 + this.#below(400) : 0,
        responseBytes: 400 + this.#below(verb === 'list' ? 60_000 : 6_000),
        durationMs,
        ...(this.#random() < 0.3 ? { masked: this.#below(4) } : {}),
      }),
    };
  }

  #started(
    agent: Agent,
    { commandId, verb, at }: { commandId: string; verb: (typeof verbs)[number]; at: string },
  ): Started {
    const [apiGroup, apiVersion, resource] = this.#one(kinds);
    const { namespace, principal, grantId } = agent;
    const isOne = verb !== 'list' && verb !== 'watch' && verb !== 'create';
    const name = isOne ? this.#name(resource) : '';
    const prefix = apiGroup === '' ? '/api/v1' : `/apis/${apiGroup}/${apiVersion}`;
    return {
      type: 'CommandStarted',
      commandId,
      connection: agent.connection,
      at,
      agent: principal,
      grantId,
      accessRequestId: agent.accessRequestId,
      method: methods[verb],
      path: `${prefix}/namespaces/${namespace}/${resource}${name === '' ? '' : `/${name}`}`,
      query: this.#query(verb),
      ...{ verb, apiGroup, apiVersion, resource, subresource: '', namespace, name },
      clientAddress: agent.address,
      userAgent: agent.userAgent,
      ...(verb === 'patch' ? { contentType: 'application/strategic-merge-patch+json' } : {}),
      policyVersion: 'sha256:6f1c2a',
      ...(verb === 'update'
        ? { rule: 'writes/warn', matched: [{ rule: 'writes/warn', action: 'warn' as const }] }
        : {}),
      decision: { effect: 'allow', reason: 'in_scope', message: `allowed by grant ${grantId}` },
    };
  }

  #query(verb: string): string {
    if (verb === 'list') return 'limit=500';
    if (verb === 'watch') {
      return `allowWatchBookmarks=true&resourceVersion=${900_000_000 + this.#below(90_000_000)}&timeoutSeconds=${300 + this.#below(300)}&watch=true`;
    }
    return verb === 'patch' ? 'fieldManager=kubectl-rollout' : '';
  }

  #name(resource: string): string {
    const workload = `svc-${this.#below(600)}`;
    if (resource === 'pods') return `${workload}-${this.#letters(10)}-${this.#letters(5)}`;
    if (resource === 'replicasets') return `${workload}-${this.#letters(10)}`;
    return workload;
  }

  #agent(index: number): Agent {
    const hash = createHash('sha256').update(`agent ${index}`).digest('hex');
    return {
      principal: {
        kind: 'agent',
        issuer: `https://idp-${index % 3}.corp.test`,
        subject: `agent-${hash.slice(0, 8)}`,
        groups: Array.from({ length: 3 }, (_, group) => `group-${(index + group * 7) % 40}`),
        owner: `owner-${index % 60}@corp.test`,
      },
      grantId: randomUUID(),
      accessRequestId: randomUUID(),
      address: `10.0.${index % 16}.${index % 251}`,
      userAgent: `agent-sdk/1.${index % 9}.0 (linux/amd64)`,
      connection: `cluster-${index % 12}`,
      namespace: `team-${index % 45}`,
    };
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => LETTERS[this.#below(LETTERS.length)]).join('');
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new RangeError('there is nothing to choose from');
    return item;
  }
}
