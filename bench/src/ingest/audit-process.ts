import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@drawbridge/embedded';
import { z } from 'zod';

const Readiness = z.object({ figures: z.record(z.string(), z.number()) });

/** Audit in a process of its own. */
export class AuditProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(natsUrl: string, directory: string): Promise<AuditProcess> {
    const port = await freePort();
    const program = fileURLToPath(new URL('./audit-main.js', import.meta.url));
    const child = spawn(process.execPath, [program], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        NATS_URL: natsUrl,
        HTTP_PORT: String(port),
        AUDITOR_GROUPS: 'auditors',
        CLICKHOUSE_DIRECTORY: `${directory}/clickhouse`,
        LOG_LEVEL: 'warn',
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

  async ready(): Promise<void> {
    while (Object.keys(await this.figures()).length === 0) await wait(50);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
