import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@drawbridge/kernel';
import { freePort } from '../net/free-port.js';
import { ChildWatch } from '../process/child-watch.js';
import { endLeftoverServer, noteServer, ServerInUse } from './leftover-server.js';
import { natsConfiguration, type NatsAccess } from './nats-configuration.js';
import { natsReady } from './nats-ready.js';

const READY_MS = 60_000;
const STOP_MS = 10_000;

/** The server could not be started; the message ends with what it said. */
export class EmbeddedNatsError extends AppError<'nats_not_started'> {}

export interface EmbeddedNatsOptions {
  /** Path of `nats-server`. */
  readonly executable: string;
  /** Created when absent; what is stored here survives restarts. */
  readonly storeDirectory: string;
  /** @default any free port */
  readonly port?: number;
  readonly access?: NatsAccess;
  /** @default 'always': what was acknowledged survives a power cut */
  readonly sync?: 'always' | 'periodic';
  /** More lines for the server's configuration file. */
  readonly more?: string;
}

export interface EmbeddedNats {
  /** `nats://127.0.0.1:<port>`; stays the same over {@link restart}. */
  readonly url: string;
  readonly storeDirectory: string;
  /** The pid of the running server. */
  readonly pid: number | undefined;
  /** Ends it as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again on the same port and files; stops it first when it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a `nats-server` child process with JetStream on disk, for the laptop mode and for tests.
 *
 * @throws {@link EmbeddedNatsError}
 */
export async function startEmbeddedNats(options: EmbeddedNatsOptions): Promise<EmbeddedNats> {
  // Not one that the system chooses: while the server is restarted, it could give it to somebody else.
  const server = new NatsProcess({ ...options, port: options.port ?? (await freePort()) });
  await server.start();
  return server;
}

class NatsProcess implements EmbeddedNats {
  readonly storeDirectory: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #watch: ChildWatch | undefined;
  readonly #endWithUs = () => this.#child?.kill('SIGTERM');

  constructor(private readonly options: EmbeddedNatsOptions & { readonly port: number }) {
    this.storeDirectory = options.storeDirectory;
    this.#port = options.port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const configFile = join(this.storeDirectory, 'nats-server.conf');
    const pidFile = join(this.storeDirectory, 'nats-server.pid');
    await mkdir(this.storeDirectory, { recursive: true, mode: 0o700 });
    await this.#endLeftover(pidFile, configFile);
    await removePortsFiles(this.storeDirectory);
    await writeFile(configFile, this.#configuration(), { mode: 0o600 });
    const pid = await this.#spawn(configFile);
    await noteServer(pidFile, pid);
    await this.#whenReady(pid);
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(force);
  }

  async #endLeftover(pidFile: string, configFile: string): Promise<void> {
    try {
      await endLeftoverServer(pidFile, configFile);
    } catch (error) {
      if (error instanceof ServerInUse) throw this.#failure(error.message, error);
      throw error;
    }
  }

  #configuration(): string {
    const { access, sync = 'always', more } = this.options;
    return natsConfiguration({
      storeDirectory: this.storeDirectory,
      port: this.#port,
      sync,
      ...(access === undefined ? {} : { access }),
      ...(more === undefined ? {} : { more }),
    });
  }

  /** Its own process group: a Ctrl-C in the terminal is for us, and we stop it last. */
  async #spawn(configFile: string): Promise<number> {
    const child = spawn(this.options.executable, ['-c', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#watch = new ChildWatch(child, { name: 'nats-server' });
    const started = new Promise<number>((resolve, reject) => {
      child.once('spawn', () => resolve(child.pid ?? 0));
      child.once('error', (cause) => reject(this.#failure('it cannot be executed', cause)));
    });
    const pid = await started;
    this.#child = child;
    process.on('exit', this.#endWithUs);
    this.#exited = new Promise((resolve) => {
      child.once('close', () => {
        this.#child = undefined;
        process.off('exit', this.#endWithUs);
        resolve();
      });
    });
    return pid;
  }

  async #whenReady(pid: number): Promise<void> {
    const givenUp = new AbortController();
    const timer = setTimeout(() => givenUp.abort(), READY_MS);
    void this.#exited.then(() => givenUp.abort());
    try {
      await natsReady(this.storeDirectory, pid, givenUp.signal);
    } catch (cause) {
      const ending = this.#watch?.ending;
      await this.stop();
      const late = `it was not ready after ${READY_MS / 1_000} s`;
      throw this.#failure(ending === undefined ? late : `it has ended (${ending})`, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(why: string, cause: unknown): EmbeddedNatsError {
    const said = this.#watch?.lastWords.split('\n').slice(-5).join('\n') ?? '';
    const message = `nats-server did not start: ${why}${said === '' ? '' : `\n${said}`}`;
    return new EmbeddedNatsError('nats_not_started', message, { cause });
  }
}

/** A crashed server leaves its file behind, and a later one may get the same pid. */
async function removePortsFiles(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^nats-server_\d+\.ports$/.test(name));
  await Promise.all(names.map((name) => rm(join(directory, name), { force: true })));
}
