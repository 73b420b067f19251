import { AppError } from '@drawbridge/kernel';

/**
 * Why the bus cannot be used. `nats_unreachable`: nobody answered in time. `nats_refused`: wrong user,
 * password or certificate. `nats_too_old` and `jetstream_disabled`: a server that cannot do what is needed.
 * `streams_missing` and `stream_mismatch`: not provisioned, or provisioned otherwise.
 * `event_writer_wrong`: an event type that another service owns.
 */
export type JetStreamErrorCode =
  | 'nats_unreachable'
  | 'nats_refused'
  | 'nats_too_old'
  | 'jetstream_disabled'
  | 'streams_missing'
  | 'stream_mismatch'
  | 'event_writer_wrong';

export class JetStreamError extends AppError<JetStreamErrorCode> {}
