import type { LoggerService } from '@nestjs/common';
import type { LogPositions } from '../clickhouse/log-positions.js';
import type { WatchedCluster, WatchedClusters } from './cluster-audits.js';
import type { ReportLoss } from './log-losses.js';
import { LogTail } from './log-tail.js';
import type { TakeEvents } from './take-events.js';

export interface LogTailsOptions {
  readonly clusters: WatchedClusters;
  readonly positions: LogPositions;
  readonly events: TakeEvents;
  readonly report: ReportLoss;
  readonly logger: LoggerService;
}

interface Running {
  readonly file: string;
  readonly tail: LogTail;
}

/** Reads the log files of all clusters that have one, as the configuration has them. */
export class LogTails {
  #running = new Map<string, Running>();
  #changing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly options: LogTailsOptions) {}

  /** Begins with new files and leaves those that are not named any more. */
  follow(): void {
    this.#changing = this.#changing.then(() => this.#change());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#changing;
    await Promise.all([...this.#running.values()].map(({ tail }) => tail.close()));
  }

  async #change(): Promise<void> {
    if (this.#closed) return;
    const clusters = this.options.clusters();
    for (const [name, { file, tail }] of this.#running) {
      if (clusters.get(name)?.file === file) continue;
      this.#running.delete(name);
      await tail.close();
    }
    for (const cluster of clusters.values()) {
      const { connection, file } = cluster;
      if (file === undefined || this.#running.has(connection)) continue;
      const tail = this.#tailOf(cluster, file);
      this.#running.set(connection, { file, tail });
      tail.start();
    }
  }

  #tailOf({ connection }: WatchedCluster, file: string): LogTail {
    const { clusters, positions, logger, events, report } = this.options;
    return new LogTail({
      connection,
      file,
      positions,
      logger,
      onGap: () => report(connection, 'log_gap'),
      take: async (lines) => {
        // Whose the log is may have changed since it was begun.
        const cluster = clusters().get(connection);
        if (cluster === undefined) return;
        const { unreadable } = await events.take(cluster, lines.map(parsed));
        if (unreadable > 0) {
          logger.warn({
            msg: 'lines of the log of a cluster not readable',
            connection,
            unreadable,
          });
        }
      },
    });
  }
}

function parsed(line: Buffer | undefined): unknown {
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
