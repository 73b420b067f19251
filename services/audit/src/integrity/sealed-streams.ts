import {
  ACCESS_STREAM,
  AUDIT_STREAM,
  COMMANDS_STREAM,
  HOLDS_STREAM,
  STOPS_STREAM,
  USES_STREAM,
} from '@drawbridge/jetstream';

/** The streams whose messages are sealed, each in a log of its own. */
export const sealedStreams = [
  ACCESS_STREAM,
  HOLDS_STREAM,
  STOPS_STREAM,
  USES_STREAM,
  COMMANDS_STREAM,
  AUDIT_STREAM,
] as const;
export type SealedStream = (typeof sealedStreams)[number];
