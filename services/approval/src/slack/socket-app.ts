import type { LoggerService } from '@nestjs/common';
import { App, type AppOptions, type ReceiverEvent } from '@slack/bolt';
import { z } from 'zod';
import { receivedEnvelope } from './received-payload.js';
import type { SlackJudge } from './slack-judge.js';

/** What a socket says of a message beside its body. */
const Delivered = z.looseObject({ envelope_id: z.string().min(1).max(256), type: z.string() });

export interface SocketAppOptions {
  readonly judge: SlackJudge;
  readonly logger: LoggerService;
}

/** Whatever Slack delivers over a socket; the envelope's own fields go along with its body. */
export const envelopeOf = (args: unknown): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .catch({})
    .parse(Delivered.safeParse(args).data ?? {});

/**
 * Takes what comes over a socket by the same rules as what comes over HTTP: Slack is known by the connection instead of
 * a signature, and an envelope is taken once. What is not taken is acknowledged, so that it does not come again.
 */
export class SocketApp extends App {
  readonly #options: SocketAppOptions;

  constructor(bolt: AppOptions, options: SocketAppOptions) {
    super(bolt);
    this.#options = options;
  }

  override async processEvent(event: ReceiverEvent): Promise<void> {
    if (this.#isTaken(event)) await super.processEvent(event);
    else await event.ack();
  }

  #isTaken({ body, customProperties }: ReceiverEvent): boolean {
    const { judge, logger } = this.#options;
    const { data: envelope } = Delivered.safeParse(customProperties);
    const received = receivedEnvelope(envelope?.type, body);
    const judged =
      envelope === undefined || received === undefined
        ? 'payload_malformed'
        : judge.judge(received, `envelope ${envelope.envelope_id}`);
    if (judged !== 'pass' && judged !== 'ignored')
      logger.warn({ msg: 'Slack interaction refused', reason: judged, by: 'socket' });
    return judged === 'pass';
  }
}
