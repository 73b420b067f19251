import { AccessRequestView, type AccessEvent } from '@drawbridge/contracts';
import { accessEventStore, connectJetStream } from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { eventually } from '@drawbridge/testing';
import type { Composition } from './composition.js';
import { callGateway, type GatewayAnswer } from './gateway-client.js';

/** The shortest that can be asked for. */
export const GRANT_SECONDS = 30;

const ask = (scope: object, durationSeconds: number) => ({
  connection: 'prod-eks',
  scope,
  durationSeconds,
  reason: 'readiness probe failing',
  ticket: 'INC-4211',
});

/** The steps of the story in which a process may die, in order. */
export const steps = ['ask', 'card', 'approve', 'grant', 'use'] as const;
export type Step = (typeof steps)[number];

export interface JourneyOptions {
  /** Idempotency key; one journey each. */
  readonly key: string;
  /** What is asked for; it need not exist. @default 'checkout' */
  readonly deployment?: string;
  /** @default 30 */
  readonly durationSeconds?: number;
  /** Of the request, instead of a restart of the deployment. */
  readonly scope?: object;
}

/** One agent's way from asking to using, each step repeated as a patient client would repeat it. */
export class Journey {
  #requestId = '';

  constructor(
    private readonly composition: Composition,
    private readonly token: string,
    private readonly options: JourneyOptions,
  ) {}

  get requestId(): string {
    return this.#requestId;
  }

  get durationSeconds(): number {
    return this.options.durationSeconds ?? GRANT_SECONDS;
  }

  readonly take: Readonly<Record<Step, () => Promise<void>>> = {
    ask: () => this.#ask(),
    card: async () => {
      await this.composition.slack.readCard(this.#requestId);
    },
    approve: () => this.#approve(),
    grant: () => this.#granted(),
    use: () => this.#use(),
  };

  /** One call of the granted kind. */
  call(): Promise<GatewayAnswer> {
    const path = `/apis/apps/v1/namespaces/payments/deployments/${this.#deployment}`;
    return callGateway({ ...this.composition.gateway, path, token: this.token });
  }

  async view(): Promise<AccessRequestView> {
    const answer = await fetch(this.#url(`/${this.#requestId}`), { headers: this.#headers() });
    if (answer.status !== 200) throw new Error(`status ${answer.status}: ${await answer.text()}`);
    return AccessRequestView.parse(await answer.json());
  }

  /** The history as it stands in the stream. */
  async history(): Promise<readonly RecordedEvent<AccessEvent>[]> {
    const servers = this.composition.standIns.nats.url;
    const connection = await connectJetStream({ servers, name: 'test' });
    try {
      return (await accessEventStore(connection, 'audit').load(this.#requestId)).events;
    } finally {
      await connection.close();
    }
  }

  async #ask(): Promise<void> {
    await eventually(
      async () => {
        const answer = await fetch(this.#url(''), {
          method: 'POST',
          headers: { ...this.#headers(), 'idempotency-key': this.options.key },
          body: JSON.stringify(ask(this.#scope, this.durationSeconds)),
        });
        const body = await answer.text();
        if (answer.status !== 201 && answer.status !== 200) throw new Error(body);
        this.#requestId = AccessRequestView.parse(JSON.parse(body)).id;
      },
      { timeoutMs: 60_000 },
    );
  }

  async #approve(): Promise<void> {
    await eventually(
      async () => {
        await this.composition.slack.pressApprove({ requestId: this.#requestId, human: 'alice' });
        const history = await this.history();
        if (!history.some(({ event }) => event.type === 'ApprovalGiven')) {
          throw new Error('the click was not taken');
        }
      },
      { timeoutMs: 60_000 },
    );
  }

  async #granted(): Promise<void> {
    await eventually(
      async () => {
        const { status } = await this.view();
        if (status !== 'granted') throw new Error(`the request is ${status}`);
      },
      { timeoutMs: 60_000 },
    );
  }

  async #use(): Promise<void> {
    await eventually(
      async () => {
        const { status, body } = await this.call();
        if (!wasForwarded(status)) throw new Error(`${status} ${body}`);
      },
      { timeoutMs: 60_000 },
    );
  }

  get #deployment(): string {
    return this.options.deployment ?? 'checkout';
  }

  get #scope(): object {
    const parameters = { namespace: 'payments', deployment: this.#deployment };
    return this.options.scope ?? { action: 'rollout-restart', parameters };
  }

  #url(path: string): string {
    return `${this.composition.standIns.addresses.ingress}/v1/access-requests${path}`;
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
  }
}

/** Answered by the cluster: the gateway itself never says 200 or 404 to such a call. */
export const wasForwarded = (status: number | undefined): boolean =>
  status === 200 || status === 404;
