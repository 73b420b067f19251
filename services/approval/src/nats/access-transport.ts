import type { LoggerService } from '@nestjs/common';
import { ACCESS_STREAM, JetStreamStrategy, type JetStreamConnection } from '@drawbridge/jetstream';

export interface AccessTransportOptions {
  readonly durable: string;
  /** Marks the handlers that this transport feeds. */
  readonly transportId: symbol;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
}

/** Feeds one group of handlers with access events, at a pace of its own. */
export function accessTransport(
  connection: JetStreamConnection,
  { durable, transportId, logger, ackWaitMs }: AccessTransportOptions,
): JetStreamStrategy {
  const transport = new JetStreamStrategy({
    connection,
    stream: ACCESS_STREAM,
    durable,
    logger,
    ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
  });
  transport.setTransportId(transportId);
  return transport;
}
