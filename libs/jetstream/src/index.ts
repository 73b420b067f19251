export { EXPLAIN_SUBJECT } from './explain-subject.js';
export { activityLog, lastActivity } from './grant-activity.js';
export { RUNNING_SESSION_SUBJECT } from './running-session-subject.js';
export { SESSION_SUMMARY_SUBJECT } from './session-summary-subject.js';
export { NAMES_SUBJECT } from './names-subject.js';
export { GATEWAYS_SUBJECT } from './gateways-subject.js';
export {
  accessEventStore,
  auditEventStore,
  holdEventStore,
  stopEventStore,
  useEventStore,
} from './event-store.js';
export { ClockSkewed, ClockWatch, type ClockWatchOptions } from './clock-watch.js';
export { storeInTime } from './store-in-time.js';
export { CatchUp } from './catch-up.js';
export {
  BATCH_HEADER,
  batchOf,
  commandLines,
  isBatch,
  type StoredCommands,
} from './command-batch.js';
export {
  CommandLogError,
  commandLog,
  type CommandLog,
  type CommandLogErrorCode,
} from './command-log.js';
export type { CommandEntry } from './group-commit.js';
export { recordCommands } from './record-commands.js';
export { connectJetStream, type JetStreamOptions } from './connect-jetstream.js';
export { connectWatched, type WatchedConnection, type WatchedOptions } from './connect-watched.js';
export { declareStreams, requireStreams } from './declare-streams.js';
export { decodeMessage } from './decode-message.js';
export { durableConsumer, pauseBeforePull, type Durable } from './durable-consumer.js';
export { EventEnvelope, sha256Hex } from './event-envelope.js';
export {
  ACCESS_SUBJECT_PREFIX,
  AUDIT_SUBJECT_PREFIX,
  HOLDS_SUBJECT_PREFIX,
  STOPS_SUBJECT_PREFIX,
  USES_SUBJECT_PREFIX,
} from './event-kind.js';
export {
  followAccessEvents,
  followHoldEvents,
  followStopEvents,
  type AccessFollower,
  type EventFollower,
  type FollowHoldsOptions,
  type FollowOptions,
  type UnreadableEvent,
} from './follow-events.js';
export { followStops, type FollowStopsOptions, type StopFold } from './follow-stops.js';
export {
  guardedBucket,
  type GuardedBucket,
  type GuardedValue,
  type RevisedBucket,
} from './guarded-bucket.js';
export { JetStreamConnection } from './jetstream-connection.js';
export { followMembers, memberKeyOf, type MembersFollower } from './members-bucket.js';
export { JetStreamError, type JetStreamErrorCode } from './jetstream-error.js';
export {
  JetStreamStrategy,
  type JetStreamStrategyOptions,
  type StrategyHealth,
} from './jetstream-strategy.js';
export { deleteDurable, durablesOf, type DurableSeen } from './idle-durables.js';
export {
  countOpenParked,
  findParked,
  openParked,
  settleParked,
  type ParkedMessage,
} from './parked-messages.js';
export { countParked, parkMessage, ParkedHeaders, type Parking } from './park-message.js';
export {
  ACCESS_STREAM,
  ACTIVITY_BUCKET,
  AUDIT_STREAM,
  CHECKPOINTS_STREAM,
  COMMANDS_STREAM,
  EXPORTS_BUCKET,
  HOLDS_STREAM,
  MEMBERS_BUCKET,
  OPEN_REQUESTS_BUCKET,
  PARKED_STREAM,
  RATES_BUCKET,
  SLACK_CARDS_BUCKET,
  SLACK_TAKEN_BUCKET,
  STOPS_STREAM,
  USES_STREAM,
} from './stream-definitions.js';
export { NotAcknowledged, publishAcknowledged, type Publication } from './publish-acknowledged.js';
export { readRange, type Range } from './read-range.js';
export { readSubject } from './read-subject.js';
export { directGet, type StoredMessage } from './direct-get.js';
export { startPull, type Pull } from './start-pull.js';
export {
  followTrustBundle,
  publishTrustBundle,
  TRUST_REFRESH_SUBJECT,
  type TrustFollower,
} from './trust-bundle-bucket.js';
