import { mkdir } from 'node:fs/promises';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { ClickHouseEngine } from './clickhouse-engine.js';
import { engineConnection } from './engine-connection.js';

export interface EmbeddedClickHouse {
  /** A client like any other; closing it leaves the engine open. */
  createClient(): ClickHouseClient;
  /** Process id of the engine, for tests that kill it. Starts it when it had died. */
  processId(): Promise<number>;
  /** Finishes what runs and frees the directory. */
  close(): Promise<void>;
}

/**
 * Starts a ClickHouse engine that keeps its data in `directory`, in a process of its own, for a laptop and
 * for tests. It speaks the SQL of a server of the same version. An acknowledged insert outlives SIGKILL of
 * either process; a directory is open in one engine at a time.
 */
export async function startEmbeddedClickHouse(options: {
  directory: string;
}): Promise<EmbeddedClickHouse> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const engine = new ClickHouseEngine(options.directory);
  await engine.open();
  return {
    createClient: () =>
      createClient({
        connection: engineConnection(engine),
        // Every failure reaches its caller.
        log: { level: ClickHouseLogLevel.OFF },
      }),
    processId: () => engine.open(),
    close: () => engine.close(),
  };
}
