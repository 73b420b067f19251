import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { JetStreamConnection } from './jetstream-connection.js';

const CONNECTED_MS = 5_000;

/** What stands under a key, and what a write must name to be the next one. */
export interface GuardedValue {
  /** Absent when nothing was ever written, or it was deleted. */
  readonly value: unknown;
  readonly revision: number;
}

/** Small shared values that several replicas change at once without losing each other's changes. */
export interface GuardedBucket {
  read(key: string): Promise<GuardedValue>;
  /** @returns false when another was quicker than `revision`: read and decide again */
  write(key: string, value: unknown, revision: number): Promise<boolean>;
}

/** The same for who writes one key again and again, and need not read in between. */
export interface RevisedBucket extends GuardedBucket {
  /** As `write`, and says the new revision. */
  replace(key: string, value: unknown, revision: number): Promise<number | undefined>;
}

/**
 * Opens a KV bucket for compare-and-set. What stands in one is a guard or a hint and never the truth: that is the
 * event stream, so whoever reads must cope with a value that is gone or not readable.
 *
 * @throws what the connection throws; a lost acknowledgement too, after which nobody knows whether it was written
 */
export function guardedBucket(connection: JetStreamConnection, name: string): RevisedBucket {
  let opened: Promise<KV> | undefined;
  const bucket = async (): Promise<KV> => {
    await connection.requireConnected(CONNECTED_MS);
    opened ??= new Kvm(connection.jetstream).open(name);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  const replace: RevisedBucket['replace'] = async (key, value, revision) => {
    try {
      return await (await bucket()).put(key, JSON.stringify(value), { previousSeq: revision });
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  };
  return {
    replace,
    read: async (key) => {
      const entry = await (await bucket()).get(key);
      if (entry === null) return { value: undefined, revision: 0 };
      const value = entry.operation === 'PUT' ? parse(entry.string()) : undefined;
      return { value, revision: entry.revision };
    },
    write: async (key, value, revision) => (await replace(key, value, revision)) !== undefined,
  };
}

const conflicts: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

const isConflict = (error: unknown): boolean =>
  error instanceof JetStreamApiError && conflicts.has(error.code);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
