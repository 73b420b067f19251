import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';

export const ACCESS_STREAM = 'ACCESS';
export const HOLDS_STREAM = 'HOLDS';
export const USES_STREAM = 'USES';
export const STOPS_STREAM = 'STOPS';
export const AUDIT_STREAM = 'AUDIT';
export const COMMANDS_STREAM = 'COMMANDS';
export const PARKED_STREAM = 'PARKED';
export const CHECKPOINTS_STREAM = 'CHECKPOINTS';
export const TRUST_BUCKET = 'drawbridge_trust';
export const SLACK_CARDS_BUCKET = 'drawbridge_slack_cards';
export const SLACK_TAKEN_BUCKET = 'drawbridge_slack_taken';
export const OPEN_REQUESTS_BUCKET = 'drawbridge_open_requests';
export const RATES_BUCKET = 'drawbridge_rates';
export const MEMBERS_BUCKET = 'drawbridge_members';
export const ACTIVITY_BUCKET = 'drawbridge_activity';
export const EXPORTS_BUCKET = 'drawbridge_exports';

const NANOS_PER_SECOND = 1_000_000_000;
const nanos = (seconds: number): number => seconds * NANOS_PER_SECOND;
const DAY_SECONDS = 86_400;
/** No grant is open for longer than a day. */
const ACTIVITY_SECONDS = 90_000;
/** No request waits and is open for longer. */
const MEMBERS_SECONDS = 10 * DAY_SECONDS;

/** How long a record of a command stays, acknowledged by audit or not: docs/adr/0003. */
export const COMMANDS_WINDOW_SECONDS = 30 * DAY_SECONDS;

export interface StreamSize {
  /** 1 on a laptop, 3 in a cluster. */
  readonly replicas: number;
  /** Size at which COMMANDS refuses new records; absent: as much as the server has. */
  readonly commandsMaxBytes?: number;
}

export type StreamDefinition = Pick<StreamConfig, 'name'> & Partial<StreamConfig>;

const immutable = {
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  // Full means refused, never the oldest thrown away.
  discard: DiscardPolicy.New,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_rollup_hdrs: false,
  duplicate_window: nanos(120),
  max_msgs: -1,
  max_age: 0,
  max_bytes: -1,
  max_msgs_per_subject: -1,
} satisfies Partial<StreamConfig>;

/** A KV bucket is a stream by convention (NATS ADR-8); its messages are replaced, not appended. */
const bucket = (name: string, history: number, replicas: number): StreamDefinition => ({
  ...immutable,
  name: `KV_${name}`,
  subjects: [`$KV.${name}.>`],
  deny_purge: false,
  allow_rollup_hdrs: true,
  max_msgs_per_subject: history,
  num_replicas: replicas,
});

const buckets = (replicas: number): readonly StreamDefinition[] => [
  bucket(TRUST_BUCKET, 8, replicas),
  bucket(SLACK_CARDS_BUCKET, 1, replicas),
  // Longer than a signature of Slack is taken, by clocks that differ.
  { ...bucket(SLACK_TAKEN_BUCKET, 1, replicas), max_age: nanos(3600) },
  bucket(OPEN_REQUESTS_BUCKET, 1, replicas),
  bucket(RATES_BUCKET, 1, replicas),
  { ...bucket(MEMBERS_BUCKET, 1, replicas), max_age: nanos(MEMBERS_SECONDS) },
  { ...bucket(ACTIVITY_BUCKET, 1, replicas), max_age: nanos(ACTIVITY_SECONDS) },
  bucket(EXPORTS_BUCKET, 1, replicas),
];

/** What is said of the other streams. */
const aboutStreams = (replicas: number): readonly StreamDefinition[] => [
  {
    ...immutable,
    name: PARKED_STREAM,
    description: 'Messages that a service could not read or handle, kept for a person to look at.',
    subjects: ['drawbridge.parked.*'],
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: CHECKPOINTS_STREAM,
    description: 'Signed checkpoints of the other streams, one subject each, and their keys.',
    subjects: ['drawbridge.checkpoints.*'],
    num_replicas: replicas,
  },
];

/** Everything Drawbridge keeps in NATS; `drawbridge-provision` declares it and services only check it. */
export const streamDefinitions = ({
  replicas,
  commandsMaxBytes,
}: StreamSize): readonly StreamDefinition[] => [
  {
    ...immutable,
    name: ACCESS_STREAM,
    description: 'Access requests and their grants, one aggregate per subject. Never changed.',
    subjects: ['drawbridge.access.*'],
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: HOLDS_STREAM,
    description: 'Held calls and what became of them, one aggregate per subject. Never changed.',
    subjects: ['drawbridge.holds.*'],
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: STOPS_STREAM,
    description: 'Raised bridges and disabled agents, one aggregate per subject. Never changed.',
    subjects: ['drawbridge.stops.*'],
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: USES_STREAM,
    description: 'Counted calls of grants with limits, one aggregate per subject.',
    subjects: ['drawbridge.uses.*'],
    // No grant is open as long as this, and nobody asks how often one that is over was used.
    max_age: nanos(COMMANDS_WINDOW_SECONDS),
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: AUDIT_STREAM,
    description: 'What audit says: who was shown which recording, and alarms. Never changed.',
    subjects: ['drawbridge.audit-events.*'],
    num_replicas: replicas,
  },
  {
    ...immutable,
    name: COMMANDS_STREAM,
    description: 'Kubernetes API calls on their way to the audit store.',
    subjects: ['drawbridge.commands.*.*'],
    max_age: nanos(COMMANDS_WINDOW_SECONDS),
    max_bytes: commandsMaxBytes ?? -1,
    num_replicas: replicas,
  },
  ...aboutStreams(replicas),
  ...buckets(replicas),
];
