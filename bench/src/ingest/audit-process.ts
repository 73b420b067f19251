import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ChildWatch, freePort } from '@drawbridge/embedded';
import { z } from 'zod';

const Readiness = z.object({ figures: z.record(z.string(), z.number()) });

export interface Lags {
  /** Milliseconds, below which this share of the readings is. */
  readonly at: (share: number) => number;
}

/** Longer than a record waits where there is little to do. */
const CAUGHT_UP_MS = 1_000;

/** Audit in a process of its own. */
export class AuditProcess {
  readonly #watch: ChildWatch;

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {
    this.#watch = new ChildWatch(child, { name: 'audit' });
  }

  /** @param signingKeyFile - with which it seals the record; absent: it does not */
  static async start(
    natsUrl: string,
    directory: string,
    signingKeyFile?: string,
  ): Promise<AuditProcess> {
    const port = await freePort();
    const program = fileURLToPath(new URL('./audit-main.js', import.meta.url));
    const child = spawn(process.execPath, [program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        NATS_URL: natsUrl,
        HTTP_PORT: String(port),
        AUDITOR_GROUPS: 'auditors',
        CLICKHOUSE_DIRECTORY: `${directory}/clickhouse`,
        LOG_LEVEL: 'warn',
        ...(signingKeyFile !== undefined && { AUDIT_SIGNING_KEY_FILE: signingKeyFile }),
      },
    });
    return new AuditProcess(child, `http://127.0.0.1:${port}`);
  }

  get processId(): number {
    return this.child.pid ?? 0;
  }

  /** `figures` of `/readyz`; none before it listens. */
  async figures(): Promise<Readonly<Record<string, number>>> {
    try {
      const answer = await fetch(`${this.url}/readyz`);
      return Readiness.parse(await answer.json()).figures;
    } catch {
      return {};
    }
  }

  /** @throws ChildEnded */
  async ready(): Promise<void> {
    while (Object.keys(await this.figures()).length === 0) {
      await this.#watch.requireRunning();
      await wait(50);
    }
  }

  /**
   * All that waits is stored, and what has waited for long was so long ago that no figure tells of it.
   *
   * @throws ChildEnded
   */
  async caughtUp(): Promise<void> {
    for (;;) {
      const { commandsLag, commandsLagMs = Number.POSITIVE_INFINITY } = await this.figures();
      if (commandsLag === 0 && commandsLagMs < CAUGHT_UP_MS) return;
      await this.#watch.requireRunning();
      await wait(250);
    }
  }

  /** Reads `commandsLagMs`, the longest wait of the last ten seconds, four times a second until stopped. */
  watchLag(): { stop(): Promise<Lags> } {
    const lags: number[] = [];
    const done = new AbortController();
    const watching = (async () => {
      while (!done.signal.aborted) {
        const { commandsLagMs } = await this.figures();
        // A reading that fails is no short wait.
        lags.push(commandsLagMs ?? Number.POSITIVE_INFINITY);
        await wait(250);
      }
    })();
    return {
      stop: async () => {
        done.abort();
        await watching;
        const sorted = lags.toSorted((one, other) => one - other);
        return { at: (share) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN };
      },
    };
  }

  async stop(): Promise<void> {
    if (this.#watch.ending !== undefined) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
