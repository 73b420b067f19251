import { JetStreamApiCodes, JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import type { JetStreamConnection } from './jetstream-connection.js';
import { JetStreamError } from './jetstream-error.js';
import { streamDefinitions, type StreamDefinition, type StreamSize } from './stream-definitions.js';

/**
 * Creates every stream and bucket that is missing. Running it again changes nothing.
 *
 * @throws {@link JetStreamError} `stream_mismatch` when one exists with another definition: it is never
 *   altered here, because a changed limit could drop what must be kept
 */
export async function declareStreams(
  connection: JetStreamConnection,
  size: StreamSize,
): Promise<void> {
  for (const definition of streamDefinitions(size)) {
    const existing =
      (await infoOf(connection, definition.name)) ?? (await add(connection, definition));
    refuseDifference(definition, existing);
  }
}

/**
 * Checks at start that everything is there, so that a service never creates a stream of its own making.
 *
 * @throws {@link JetStreamError} `streams_missing`
 */
export async function requireStreams(connection: JetStreamConnection): Promise<void> {
  const names = streamDefinitions({ replicas: 1 }).map(({ name }) => name);
  const found = await Promise.all(names.map((name) => infoOf(connection, name)));
  const missing = names.filter((_, index) => found[index] === undefined);
  if (missing.length === 0) return;
  throw new JetStreamError(
    'streams_missing',
    `NATS has no ${missing.join(', ')}: run drawbridge-provision against it once`,
  );
}

async function add(
  connection: JetStreamConnection,
  definition: StreamDefinition,
): Promise<StreamInfo> {
  try {
    return await connection.manager.streams.add({ ...definition });
  } catch (error) {
    // Another provisioner may have been quicker, with this definition or a different one.
    const existing = await infoOf(connection, definition.name);
    if (existing === undefined) throw error;
    return existing;
  }
}

async function infoOf(
  connection: JetStreamConnection,
  name: string,
): Promise<StreamInfo | undefined> {
  try {
    return await connection.manager.streams.info(name);
  } catch (error) {
    const missing =
      error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
    if (missing) return undefined;
    throw error;
  }
}

function refuseDifference(definition: StreamDefinition, { config }: StreamInfo): void {
  const found: Readonly<Record<string, unknown>> = { ...config };
  const differences = Object.entries(definition)
    .filter(([field, wanted]) => !same(found[field], wanted))
    .map(([field, wanted]) => `${field} is ${text(found[field])}, not ${text(wanted)}`);
  if (differences.length === 0) return;
  throw new JetStreamError(
    'stream_mismatch',
    `stream ${definition.name} exists with another definition: ${differences.join('; ')}`,
  );
}

const text = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

/** The server leaves out what is false, zero or empty. */
const same = (found: unknown, wanted: unknown): boolean =>
  text(found ?? zeroOf(wanted)) === text(wanted);

function zeroOf(wanted: unknown): unknown {
  if (typeof wanted === 'boolean') return false;
  if (typeof wanted === 'number') return 0;
  return wanted === '' ? '' : undefined;
}
