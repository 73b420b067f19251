import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import {
  writerOf,
  type AccessRequestInput,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type UseEvent,
} from '@drawbridge/contracts';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  useEventStore,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { loadConfig, uuidV7, type RunningService } from '@drawbridge/runtime';
import { eventually, requireNothingWaits, startNats, type TestNats } from '@drawbridge/testing';
import { PolicyConfig, startPolicy, type PolicyDependencies } from '../src/index.js';
import { oncall, requested, restartRules, viewRules } from './story.js';

type Recorded = RecordedEvent<AccessEvent>;
const apiVersion = 'drawbridge.dev/v1alpha1';
const document = (kind: string, name: string, spec: object) =>
  stringify({ apiVersion, kind, metadata: { name }, spec });

/** The policy of the story as it stands in a file. */
export const oncallSpec = {
  subjects: { groups: oncall.subjects.groups },
  connections: { names: ['prod-eks'] },
  namespaces: ['payments'],
  actions: ['rollout-restart'],
  maxDurationSeconds: 900,
  reason: { minLength: 10 },
  ticket: { pattern: '^INC-\\d+$' },
  approval: { type: 'humans', groups: ['sre-oncall'] },
};
/** Looking around needs nobody. */
export const readersSpec = {
  subjects: { groups: oncall.subjects.groups },
  connections: { names: ['prod-eks'] },
  namespaces: ['payments'],
  actions: ['view'],
  maxDurationSeconds: 900,
  approval: { type: 'none' },
};
export const viewScope = { action: 'view', parameters: { namespace: 'payments' } };

/** Real policy services on a real NATS server, with the other services played by the test. */
export class PolicyWorld {
  readonly logged: unknown[] = [];
  readonly #running = new Set<RunningService>();

  private constructor(
    readonly nats: TestNats,
    readonly connection: JetStreamConnection,
    readonly directory: string,
  ) {}

  static async start(): Promise<PolicyWorld> {
    const nats = await startNats();
    const connection = await connectJetStream({ servers: nats.servers, name: 'test' });
    await declareStreams(connection, { replicas: 1 });
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-policy-'));
    const world = new PolicyWorld(nats, connection, directory);
    await world.configure();
    return world;
  }

  /** Writes the directory; `text` replaces the policies as a whole. */
  async configure(text?: string): Promise<void> {
    const parameter = (name: string) => ({ name, description: name });
    const fixed = [
      document('Connection', 'prod-eks', {
        environment: 'production',
        server: 'https://k8s.corp.test',
        credential: { type: 'bearerToken', file: 'not-here' },
      }),
      document('Action', 'rollout-restart', {
        description: 'restart',
        parameters: ['namespace', 'deployment'].map(parameter),
        rules: restartRules,
      }),
      document('Action', 'view', {
        description: 'look',
        parameters: [parameter('namespace')],
        rules: viewRules,
      }),
    ];
    await writeFile(join(this.directory, 'fixed.yaml'), fixed.join('---\n'));
    await writeFile(join(this.directory, 'policies.yaml'), text ?? this.policies(oncallSpec));
  }

  policies(oncallDocument: object): string {
    return [
      document('Policy', 'production-oncall', oncallDocument),
      document('Policy', 'readers', readersSpec),
    ].join('---\n');
  }

  /** The variables of one more replica. */
  environment(): Record<string, string> {
    return { NATS_URL: this.nats.servers, CONFIG_DIR: this.directory, HTTP_PORT: '0' };
  }

  /** @param maxSkewMs - a test that sets the clock mostly needs it as it is */
  async policy(
    more: Partial<PolicyDependencies> = {},
    maxSkewMs = 100_000_000_000,
  ): Promise<RunningService> {
    const note = (message: unknown) => void this.logged.push(message);
    const logger: LoggerService = { log: note, warn: note, error: note, debug: note };
    const config = loadConfig(PolicyConfig, {
      ...this.environment(),
      MAX_CLOCK_SKEW_MS: String(maxSkewMs),
    });
    const service = await startPolicy(config, { logger, ...more });
    const close = async () => {
      this.#running.delete(running);
      await service.close();
    };
    const running: RunningService = { ...service, close };
    this.#running.add(running);
    return running;
  }

  async closePolicies(): Promise<void> {
    await Promise.all([...this.#running].map((service) => service.close()));
  }

  async stop(): Promise<void> {
    await this.closePolicies();
    await this.connection.close();
    await this.nats.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Appends as the service that writes this type. */
  async append(requestId: string, event: AccessEvent): Promise<void> {
    const store = accessEventStore(this.connection, writerOf[event.type]);
    const now = new Date();
    await eventually(async () => {
      const { position } = await store.load(requestId);
      const actor = { kind: 'service' as const, id: 'test' };
      const metadata = { id: uuidV7(now), causationId: 'test', actor, at: now.toISOString() };
      await store.append({ aggregateId: requestId, position, event, metadata });
    });
  }

  /** Appends as the proxy does. */
  async use(event: UseEvent): Promise<void> {
    const store = useEventStore(this.connection, 'proxy');
    const { grantId: aggregateId, commandId: causationId } = event.data;
    const { position } = await store.load(aggregateId);
    const at = new Date();
    const actor = { kind: 'agent' as const, id: 'test' };
    const metadata = { id: uuidV7(at), causationId, actor, at: at.toISOString() };
    await store.append({ aggregateId, position, event, metadata });
  }

  async ask(more: Partial<AccessRequestInput> = {}): Promise<string> {
    const requestId = randomUUID();
    await this.append(requestId, requested(more));
    return requestId;
  }

  async history(requestId: string): Promise<readonly Recorded[]> {
    return (await accessEventStore(this.connection, 'audit').load(requestId)).events;
  }

  async types(requestId: string): Promise<AccessEventType[]> {
    return (await this.history(requestId)).map(({ event }) => event.type);
  }

  /** Waits until the history is exactly this. */
  async until(requestId: string, ...types: readonly AccessEventType[]): Promise<void> {
    await eventually(async () => expect(await this.types(requestId)).toStrictEqual(types));
  }

  async eventOf<Type extends AccessEventType>(
    requestId: string,
    type: Type,
  ): Promise<AccessEventData<Type>> {
    const found = (await this.history(requestId)).find(({ event }) => event.type === type);
    if (found === undefined) throw new Error(`no ${type}`);
    return found.event.data as AccessEventData<Type>;
  }

  /** Resolves when every event so far was delivered to policy and acknowledged, after a kill once more. */
  async settled(): Promise<void> {
    await eventually(() => requireNothingWaits(this.connection.manager, 'ACCESS', 'policy'), {
      timeoutMs: 90_000,
    });
  }
}
