import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LoggerService } from '@nestjs/common';
import type { InboundSpec, WebhookDocument } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { AccessApprovals, DecisionResult } from '../nats/access-approvals.js';
import { CallbackRate } from './callback-rate.js';
import { CallbackRefused } from './callback-refused.js';
import { readCallback } from './read-callback.js';
import { callbackKey, verifyCallback, type ReceivedCallback } from './verify-callback.js';

export interface TicketCallbacksOptions {
  readonly approvals: Pick<AccessApprovals, 'recordTicket'>;
  /** The webhooks of the configuration in force. */
  readonly webhooks: () => readonly WebhookDocument[];
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Which webhook a callback says it is of, as whom nobody is until the signature says so. */
export interface NamedCallback extends ReceivedCallback {
  readonly name: string;
  readonly causationId: string;
}

const stranger = randomBytes(32);

/** Takes what ticket systems sign, and nothing else. */
export class TicketCallbacks {
  readonly #rate: CallbackRate;

  constructor(private readonly options: TicketCallbacksOptions) {
    this.#rate = new CallbackRate(options.clock);
  }

  /**
   * Records the word of a ticket system; `ignored` when it decides nothing.
   *
   * @throws CallbackRefused, ApprovalRefused, EventStoreError
   */
  async take({
    name,
    causationId,
    ...callback
  }: NamedCallback): Promise<DecisionResult | 'ignored'> {
    const spec = this.#specOf(name);
    const verdict = verifyCallback(spec?.scheme ?? 'standard', callback, {
      keys: await this.#keysOf(name, spec),
      now: this.options.clock(),
    });
    if (spec === undefined || 'refused' in verdict) throw this.#refused(name, verdict);
    if (!this.#rate.take(name)) {
      throw new CallbackRefused('too_many_callbacks', 'too many callbacks within a minute');
    }
    const word = readCallback(callback.body, spec);
    if (word === undefined) return 'ignored';
    const { callbackId } = verdict;
    const said = { webhook: name, callbackId, causationId, ...word };
    const result = await this.options.approvals.recordTicket(said);
    this.options.logger.log({ msg: 'ticket callback taken', webhook: name, result });
    return result;
  }

  #specOf(name: string): InboundSpec | undefined {
    const documents = this.options.webhooks();
    this.#rate.keep(new Set(documents.map(({ metadata }) => metadata.name)));
    return documents.find(({ metadata }) => metadata.name === name)?.spec.inbound;
  }

  /** Read each time, so that a secret that changes is used at once. A name that we do not know costs the same. */
  async #keysOf(name: string, spec: InboundSpec | undefined): Promise<readonly Buffer[]> {
    if (spec === undefined) return [stranger];
    const files = [spec.secretFile, spec.formerSecretFile].filter((file) => file !== undefined);
    const keys = await Promise.all(
      files.map(async (file) => {
        const text = await readFile(file, 'utf8').catch(() => '');
        const key = callbackKey(spec.scheme, text.trim());
        if (key === undefined) {
          this.options.logger.error({ msg: 'no usable secret for callbacks', webhook: name, file });
        }
        return key;
      }),
    );
    return keys.filter((key) => key !== undefined);
  }

  /** Who has not signed learns nothing, not even whether there is such a webhook. */
  #refused(name: string, verdict: ReturnType<typeof verifyCallback>): CallbackRefused {
    if (!('refused' in verdict) || verdict.refused === 'callback_signature_invalid') {
      return new CallbackRefused('callback_signature_invalid', 'the callback is not signed');
    }
    this.options.logger.warn({ msg: 'ticket callback too old', webhook: name });
    const message = 'the callback was signed more than five minutes ago, or in the future';
    return new CallbackRefused('callback_too_old', message);
  }
}
