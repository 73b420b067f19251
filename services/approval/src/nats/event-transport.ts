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
  /** Events handled at the same time. @default that of the strategy */
  readonly concurrency?: number;
}

/** Feeds one group of handlers with events, at a pace of its own. */
export function eventTransport(
  connection: JetStreamConnection,
  { durable, parkedAs = durable, transportId, ackWaitMs, ...options }: EventTransportOptions,
): JetStreamStrategy {
  const transport = new JetStreamStrategy({
    ...options,
    connection,
    durable,
    parkedAs,
    ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
  });
  transport.setTransportId(transportId);
  return transport;
}
