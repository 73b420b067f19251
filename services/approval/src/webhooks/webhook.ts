import { readFile } from 'node:fs/promises';
import type {
  AccessEvent,
  AuditTrailEvent,
  Principal,
  WebhookDocument,
} from '@drawbridge/contracts';
import {
  AppError,
  EventStoreError,
  type Clock,
  type EventStore,
  type RecordedEvent,
} from '@drawbridge/kernel';
import { boundedFetch, signedHeaders, webhookKey } from '@drawbridge/runtime';
import { toldApproval } from './told-approval.js';

const TIMEOUT_MS = 5_000;
/** How long an address that takes nothing is tried. */
const GIVE_UP_MS = 86_400_000;

/** The receiver did not take a message: it comes again, or after a day is given up. */
export class WebhookFailed extends AppError<
  'webhook_refused' | 'webhook_given_up' | 'webhook_secret_unusable'
> {}

export const isGivenUp = (error: unknown): boolean =>
  error instanceof WebhookFailed && error.code === 'webhook_given_up';

export interface WebhookOptions {
  readonly document: WebhookDocument;
  readonly store: Pick<EventStore<AccessEvent>, 'load'>;
  readonly clock: Clock;
}

/** What a webhook may be told of. */
export type ToldEvent =
  | { readonly stream: 'ACCESS'; readonly recorded: RecordedEvent<AccessEvent> }
  | { readonly stream: 'AUDIT'; readonly recorded: RecordedEvent<AuditTrailEvent> };

/** One address, told of what happens to the requests that it is for, and of the alarms that it names. */
export class Webhook {
  constructor(private readonly options: WebhookOptions) {}

  /** @throws WebhookFailed, EventStoreError */
  async tell(told: ToldEvent): Promise<void> {
    try {
      await this.tellNow(told);
    } catch (error) {
      // Our own trouble is nobody's refusal.
      if (error instanceof EventStoreError) throw error;
      const ageMs = this.options.clock().getTime() - Date.parse(told.recorded.at);
      if (ageMs < GIVE_UP_MS) throw error;
      const message = 'the receiver has not taken this for a day';
      throw new WebhookFailed('webhook_given_up', message, { cause: error });
    }
  }

  /**
   * The same without giving up: for a person who tries it again.
   *
   * @throws WebhookFailed, EventStoreError
   */
  async tellNow(told: ToldEvent): Promise<void> {
    const { type } = told.recorded.event;
    const { events, for: whose } = this.options.document.spec;
    if (told.stream === 'AUDIT') {
      if (whose !== 'all' || events?.some((named) => named === type) !== true) return;
      const { aggregateId: alarmId, sequence, event } = told.recorded;
      await this.#send(told.recorded, { alarmId, sequence, event: event.data });
      return;
    }
    if (events?.some((named) => named === type) === false) return;
    if (await this.#isFor(told.recorded)) await this.#sendAccess(told.recorded);
  }

  async #sendAccess(recorded: RecordedEvent<AccessEvent>): Promise<void> {
    const { aggregateId: accessRequestId, sequence, event } = recorded;
    const approval = await this.#toldApproval(recorded);
    const data = { accessRequestId, sequence, event: event.data, ...(approval && { approval }) };
    await this.#send(recorded, data);
  }

  /** Secrets are read each time, so that one that changes is used at once. */
  async #send({ id, at, event }: ToldEvent['recorded'], data: object): Promise<void> {
    const { spec } = this.options.document;
    const body = JSON.stringify({ type: event.type, timestamp: at, data });
    const timestamp = Math.floor(this.options.clock().getTime() / 1000);
    const files = [spec.secretFile, spec.formerSecretFile].filter((file) => file !== undefined);
    const keys = await Promise.all(files.map(keyIn));
    const authority = spec.certificateAuthorityFile;
    const { status } = await boundedFetch(spec.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...signedHeaders({ id, timestamp, body }, keys),
      },
      body,
      timeoutMs: TIMEOUT_MS,
      allowInsecureHttp: spec.allowInsecureHttp,
      ...(authority && { certificateAuthority: await readFile(authority, 'utf8') }),
    }).catch((cause: unknown) => {
      throw refused(cause instanceof Error ? cause.message : 'no answer', cause);
    });
    if (status < 200 || status > 299) throw refused(`it answered ${status}`);
  }

  /** Only for an address whose word counts: everybody else is told facts alone. */
  async #toldApproval({ aggregateId, sequence }: RecordedEvent<AccessEvent>) {
    const { spec, metadata } = this.options.document;
    if (spec.inbound === undefined) return undefined;
    const { events } = await this.options.store.load(aggregateId);
    return toldApproval(events, { sequence, webhook: metadata.name });
  }

  async #isFor({ aggregateId, event }: RecordedEvent<AccessEvent>): Promise<boolean> {
    const { for: whose } = this.options.document.spec;
    if (whose === 'all') return true;
    const requester =
      event.type === 'AccessRequested' ? event.data.requester : await this.#requester(aggregateId);
    return whose.agents.some(
      ({ issuer, subject }) => requester?.issuer === issuer && requester.subject === subject,
    );
  }

  async #requester(requestId: string): Promise<Principal | undefined> {
    const { events } = await this.options.store.load(requestId);
    const asked = events.map(({ event }) => event).find(({ type }) => type === 'AccessRequested');
    return asked?.type === 'AccessRequested' ? asked.data.requester : undefined;
  }
}

const refused = (why: string, cause?: unknown): WebhookFailed =>
  new WebhookFailed('webhook_refused', `the receiver did not take the message: ${why}`, { cause });

async function keyIn(file: string): Promise<Buffer> {
  const key = webhookKey((await readFile(file, 'utf8').catch(() => '')).trim());
  if (key !== undefined) return key;
  const message = `"${file}" holds no secret: expected "whsec_" and 24 to 64 bytes in base64`;
  throw new WebhookFailed('webhook_secret_unusable', message);
}
