import type { LoggerService } from '@nestjs/common';
import {
  JetStreamStrategy,
  type JetStreamConnection,
  type JetStreamStrategyOptions,
} from '@drawbridge/jetstream';

export interface EventTransportOptions {
  readonly stream: JetStreamStrategyOptions['stream'];
  readonly durable: string;
  /** Under which name messages are parked. @default `durable` */
  readonly parkedAs?: string;
  /** Marks the handlers that this transport feeds. */
  readonly transportId: symbol;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
}

/** Feeds one group of handlers with events, at a pace of its own. */
export function eventTransport(
  connection: JetStreamConnection,
  { stream, durable, parkedAs = durable, transportId, logger, ackWaitMs }: EventTransportOptions,
): JetStreamStrategy {
  const transport = new JetStreamStrategy({
    connection,
    stream,
    durable,
    parkedAs,
    logger,
    ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
  });
  transport.setTransportId(transportId);
  return transport;
}
