import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { JetStreamConnection } from './jetstream-connection.js';
import { JetStreamError } from './jetstream-error.js';

/** The first version with every JetStream feature we use (batched direct get by subject). */
const MINIMUM_VERSION = '2.11.0';
const ATTEMPT_TIMEOUT_MS = 5_000;
const RETRY_MS = 250;

export interface JetStreamOptions {
  /** `nats://host:port`, or several of one cluster. */
  readonly servers: string | readonly string[];
  /** How the connection is named in the server's monitoring: the service. */
  readonly name: string;
  /** Also names the inbox for answers: one token of letters, digits, `-` and `_`. */
  readonly user?: string;
  readonly password?: string;
  /** For `tls://` servers; without it the system's certificate authorities are believed. */
  readonly tls?: { readonly caFile: string };
  /** How long to wait for the first connection. @default 30000 */
  readonly connectTimeoutMs?: number;
}

/**
 * Connects, checks that the server is new enough and has JetStream, and from then on reconnects for ever.
 *
 * @throws {@link JetStreamError} `nats_unreachable`, `nats_refused`, `nats_too_old` or `jetstream_disabled`
 */
export async function connectJetStream(options: JetStreamOptions): Promise<JetStreamConnection> {
  const nats = await connectInTime(options);
  try {
    refuseOldServer(nats);
    const clients = {
      jetstream: jetstream(nats, { timeout: ATTEMPT_TIMEOUT_MS }),
      manager: await jetstreamManager(nats, { timeout: ATTEMPT_TIMEOUT_MS }),
    };
    return new JetStreamConnection(nats, clients, inboxPrefixOf(options));
  } catch (error) {
    await nats.close();
    if (error instanceof JetStreamError) throw error;
    throw new JetStreamError(
      'jetstream_disabled',
      'the NATS server answers, but JetStream does not: start it with JetStream enabled for this account',
      { cause: error },
    );
  }
}

async function connectInTime(options: JetStreamOptions): Promise<NatsConnection> {
  const deadline = Date.now() + (options.connectTimeoutMs ?? 30_000);
  for (;;) {
    try {
      return await connectOnce(options);
    } catch (error) {
      if (isRefusal(error)) {
        const message = `NATS refused user "${options.user ?? ''}": check NATS_USER and the password file`;
        throw new JetStreamError('nats_refused', message, { cause: error });
      }
      if (Date.now() + RETRY_MS > deadline) throw unreachable(options, error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

const connectOnce = ({ servers, name, user, password, tls }: JetStreamOptions) =>
  connect({
    servers: typeof servers === 'string' ? servers : [...servers],
    name,
    timeout: ATTEMPT_TIMEOUT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 100,
    reconnectJitterTLS: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    // A rotated password must not end the process's connection for good: keep trying.
    ignoreAuthErrorAbort: true,
    // Else every request makes two errors with their stacks, for the case that it fails: 8 % of a busy service.
    noAsyncTraces: true,
    // With per-service permissions a service may listen on its own inbox only: infra/nats.
    inboxPrefix: inboxPrefixOf({ user }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(tls === undefined ? {} : { tls }),
  });

const inboxPrefixOf = ({ user }: { readonly user?: string | undefined }): string =>
  user === undefined ? '_INBOX' : `_INBOX_${user}`;

const isRefusal = (error: unknown): boolean =>
  error instanceof errors.AuthorizationError ||
  error instanceof errors.UserAuthenticationExpiredError;

function unreachable({ servers }: JetStreamOptions, cause: unknown): JetStreamError {
  const hosts = [servers].flat().map(withoutCredentials).join(', ');
  return new JetStreamError('nats_unreachable', `no NATS server answers at ${hosts}`, { cause });
}

/** A server address may carry `user:password@`. */
const withoutCredentials = (server: string): string => server.replace(/\/\/[^@/]*@/, '//');

function refuseOldServer(nats: NatsConnection): void {
  const found = nats.info?.version ?? 'unknown';
  if (isAtLeast(found, MINIMUM_VERSION)) return;
  throw new JetStreamError(
    'nats_too_old',
    `the NATS server is version ${found}, Drawbridge needs ${MINIMUM_VERSION} or newer`,
  );
}

/** Compares `major.minor.patch`; a pre-release counts as its release, anything unreadable as too old. */
export function isAtLeast(found: string, needed: string): boolean {
  const parse = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  const [have, need] = [parse(found), parse(needed)];
  if (have === undefined || need === undefined) return false;
  const different = have.findIndex((part, index) => part !== need[index]);
  return different === -1 || (have[different] ?? 0) > (need[different] ?? 0);
}
