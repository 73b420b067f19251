import type { LoggerService } from '@nestjs/common';
import {
  JetStreamStrategy,
  type JetStreamConnection,
  type JetStreamStrategyOptions,
} from '@drawbridge/jetstream';

export interface EventTransportOptions {
  readonly stream: JetStreamStrategyOptions['stream'];
  readonly durable: string;
  /** Marks the handlers that this transport feeds. */
  readonly transportId: symbol;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
}

/** Feeds one group of handlers with events, at a pace of its own. */
export function eventTransport(
  connection: JetStreamConnection,
  { stream, durable, transportId, logger, ackWaitMs }: EventTransportOptions,
): JetStreamStrategy {
  const transport = new JetStreamStrategy({
    connection,
    stream,
    durable,
    logger,
    ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
  });
  transport.setTransportId(transportId);
  return transport;
}
