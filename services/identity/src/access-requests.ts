import {
  principalId,
  type AnswerInput,
  type ExtensionInput,
  type AccessEvent,
  type AccessRequestInput,
  type AccessRequestView,
  type Behalf,
  type Principal,
  type StepUpProof,
} from '@drawbridge/contracts';
import {
  handleCommand,
  type Clock,
  type EventMetadata,
  type EventStore,
  type RecordedEvent,
} from '@drawbridge/kernel';
import type { GuardedBucket } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import {
  accessRequest,
  AccessRequestRefused,
  type AccessRequestCommand,
} from './domain/access-request.js';
import { asOf, foldAccessEvent } from './domain/access-request-view.js';
import { mayRead } from './domain/may-read.js';
import { digestOf, requestIdFor } from './idempotent-request.js';
import { IngressRefused } from './ingress-refused.js';
import { OpenRequests } from './open-requests.js';
import { requireStart } from './require-start.js';
import type { AccessViews } from './views/access-views.js';

export interface AccessRequestsOptions {
  readonly store: EventStore<AccessEvent>;
  readonly views: AccessViews;
  /** Keeps each requester's open requests countable over all replicas. */
  readonly openRequests: GuardedBucket;
  readonly clock: Clock;
  /** Humans in these groups may read every access request. */
  readonly readerGroups: readonly string[];
  readonly maxOpenRequests: number;
}

/** Who calls, and the id of the HTTP request that causes what follows. */
export interface Call {
  readonly caller: Principal;
  readonly causationId: string;
  /** The login of the caller; only where what they ask for needs no approver. */
  readonly proof?: StepUpProof | undefined;
  /** For whom the caller asks; of no other call anything. */
  readonly behalf?: Behalf | undefined;
}

/** Submits, finds and withdraws access requests. */
export class AccessRequests {
  readonly #open: OpenRequests;

  constructor(private readonly options: AccessRequestsOptions) {
    const { openRequests: bucket, views, clock, maxOpenRequests } = options;
    const read = (id: string) => this.#read(id);
    this.#open = new OpenRequests({ bucket, views, read, clock, maxOpenRequests });
  }

  /**
   * Records what the caller asks for. A repeated idempotency key with the same request changes nothing.
   *
   * @returns `created: false` when the key had been used for this very request before
   * @throws `start_invalid`, `idempotency_key_reused`, `identical_request_open`, `too_many_open_requests`, `EventStoreError`
   */
  async submit(
    request: AccessRequestInput,
    { caller, causationId, proof, behalf }: Call,
    idempotencyKey?: string,
  ): Promise<{ readonly view: AccessRequestView; readonly created: boolean }> {
    const id =
      idempotencyKey === undefined
        ? uuidV7(this.options.clock())
        : requestIdFor(caller, idempotencyKey);
    const command = {
      type: 'RequestAccess',
      requester: caller,
      request,
      digest: digestOf(request),
      ...(proof && { proof }),
      behalf,
    } as const;
    const known = this.options.views.get(id) ?? (await this.#read(id));
    if (known === undefined) {
      requireStart(request, this.options.clock());
      await this.#open.reserve({ id, requester: principalId(caller), request });
    }
    const created = await this.#handle(id, command, { caller, causationId });
    return { view: await this.#reload(id), created };
  }

  /**
   * @throws `access_request_unknown` also when the caller may not know of it
   */
  async find(id: string, caller: Principal): Promise<AccessRequestView> {
    const view = this.options.views.get(id) ?? (await this.#read(id));
    if (view === undefined || !mayRead(caller, view, this.options.readerGroups)) throw unknown();
    return asOf(view, this.options.clock());
  }

  /** The caller's own requests, newest first. */
  own(caller: Principal): readonly AccessRequestView[] {
    const now = this.options.clock();
    return this.options.views.requestedBy(principalId(caller)).map((view) => asOf(view, now));
  }

  /**
   * Takes the caller's own request back; a grant that came of it is taken back too. Harmless when repeated.
   *
   * @throws `access_request_unknown`, `withdrawal_not_allowed`, `access_request_final`, `EventStoreError`
   */
  async withdraw(id: string, call: Call): Promise<AccessRequestView> {
    const { caller } = call;
    const view = await this.find(id, caller);
    if (principalId(view.requester) !== principalId(caller)) {
      const message = 'only its requester may withdraw an access request';
      throw new IngressRefused('withdrawal_not_allowed', message);
    }
    await this.#handle(id, { type: 'WithdrawAccess', by: caller }, call);
    return this.#reload(id);
  }

  /**
   * Withdraws everything of the caller's that is open and belongs to this run of theirs. Harmless when repeated.
   *
   * @returns how many requests ended by that
   * @throws `access_requests_unavailable`, `EventStoreError`
   */
  async endRun(runId: string, call: Call): Promise<number> {
    const { caller } = call;
    const ids = await this.#open.idsOf(principalId(caller));
    const ended = await Promise.all(ids.map((id) => this.#endIfOf(runId, id, call)));
    return ended.filter(Boolean).length;
  }

  /**
   * Tells an approver what they asked. Harmless when repeated.
   *
   * @throws `access_request_unknown`, `answer_not_allowed`, `question_unknown`, `question_answered`,
   *   `access_request_final`, `EventStoreError`
   */
  async answer(
    id: string,
    { questionId, text }: AnswerInput,
    call: Call,
  ): Promise<AccessRequestView> {
    const { caller } = call;
    const view = await this.find(id, caller);
    if (principalId(view.requester) !== principalId(caller)) {
      const message = 'only its requester may answer questions about an access request';
      throw new IngressRefused('answer_not_allowed', message);
    }
    await this.#handle(id, { type: 'AnswerQuestion', by: caller, questionId, text }, call);
    return this.#reload(id);
  }

  /**
   * Asks for more time while the grant runs. Harmless when repeated while nothing has come of it.
   *
   * @throws `access_request_unknown`, `extension_request_not_allowed`, `grant_not_open`, `extension_pending`,
   *   `too_many_rounds`, `EventStoreError`
   */
  async extend(
    id: string,
    { durationSeconds: seconds, reason }: ExtensionInput,
    call: Call,
  ): Promise<AccessRequestView> {
    const { caller: by } = call;
    const view = await this.find(id, by);
    if (principalId(view.requester) !== principalId(by)) {
      const message = 'only its requester may ask for more time here';
      throw new IngressRefused('extension_request_not_allowed', message);
    }
    const at = this.options.clock().toISOString();
    await this.#handle(id, { type: 'RequestExtension', by, seconds, reason, at }, call);
    return this.#reload(id);
  }

  async #endIfOf(runId: string, id: string, call: Call): Promise<boolean> {
    const view = this.options.views.get(id) ?? (await this.#read(id));
    if (view?.request.runId !== runId) return false;
    try {
      const isEnded = await this.#handle(
        id,
        { type: 'WithdrawAccess', by: call.caller, runId },
        call,
      );
      if (isEnded) await this.#reload(id);
      return isEnded;
    } catch (error) {
      // It ended by itself meanwhile.
      if (error instanceof AccessRequestRefused && error.code === 'access_request_final')
        return false;
      throw error;
    }
  }

  /** @returns whether an event was appended */
  async #handle(id: string, command: AccessRequestCommand, call: Call): Promise<boolean> {
    const metadata = this.#metadata(call);
    const envelope = { aggregateId: id, command, metadata };
    const { appended } = await handleCommand(this.options.store, accessRequest, envelope);
    return appended !== undefined;
  }

  #metadata({ caller, causationId }: Call): EventMetadata {
    const now = this.options.clock();
    const actor = { kind: caller.kind, id: principalId(caller) };
    return { id: uuidV7(now), causationId, actor, at: now.toISOString() };
  }

  /**
   * Reads the request anew and shares it with the read model, so that callers see what they wrote. Folding
   * only the new event would skip events of others that the model has not seen yet.
   */
  async #reload(id: string): Promise<AccessRequestView> {
    const view = await this.#read(id);
    if (view === undefined) throw unknown();
    this.options.views.put(view);
    return asOf(view, this.options.clock());
  }

  async #read(id: string): Promise<AccessRequestView | undefined> {
    const { events } = await this.options.store.load(id);
    return events.reduce<AccessRequestView | undefined>(
      (view, recorded: RecordedEvent<AccessEvent>) => foldAccessEvent(view, recorded),
      undefined,
    );
  }
}

function unknown(): AccessRequestRefused {
  return new AccessRequestRefused('access_request_unknown', 'you have no such access request');
}
