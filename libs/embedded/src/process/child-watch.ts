import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const KEPT_CHARACTERS = 20_000;
const SHOWN_CHARACTERS = 4_000;
const SHOWN_LINES = 30;
/** A grandchild may hold the streams open for longer. */
const LAST_OUTPUT_MS = 10_000;
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD)S?$/;

/** A process that somebody waits for has ended: to wait any longer is for nothing. */
export class ChildEnded extends Error {
  override readonly name = 'ChildEnded';
}

export interface ChildWatchOptions {
  /** For errors. */
  readonly name: string;
  /** Its variables; values of those that are secret by their names are left out of errors. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Keeps the end of what a child process writes and tells how it ended, for those who wait for it. */
export class ChildWatch {
  /** Apart, so that much of one does not hide the end of the other: they are read in any order. */
  readonly #written = { stdout: '', stderr: '' };
  #failure: string | undefined;
  readonly #closed: Promise<void>;

  constructor(
    private readonly child: ChildProcess,
    private readonly options: ChildWatchOptions,
  ) {
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk: Buffer) => {
        const all = this.#written[stream] + chunk.toString('utf8');
        this.#written[stream] = all.slice(-KEPT_CHARACTERS);
      });
    }
    this.#closed = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', (error) => {
        this.#failure = error.message;
        resolve();
      });
    });
  }

  /** The last 20 000 characters of each stream that is a pipe. */
  get output(): string {
    return `${this.#written.stdout}${this.#written.stderr}`;
  }

  /** `exit code 1`, `SIGKILL`, or why it could not be executed; undefined while it runs. */
  get ending(): string | undefined {
    const { exitCode, signalCode, pid } = this.child;
    if (pid === undefined) return this.#failure;
    return exitCode === null ? (signalCode ?? undefined) : `exit code ${exitCode}`;
  }

  /** The last 30 lines, and 4 000 characters, of each stream, without its secrets. */
  get lastWords(): string {
    return [this.#written.stdout, this.#written.stderr]
      .map((text) => endOf(this.#withoutSecrets(text)))
      .filter((text) => text !== '')
      .join('\n');
  }

  #withoutSecrets(text: string): string {
    return Object.entries(this.options.env ?? {})
      .filter(([name, value]) => SECRET_NAME.test(name) && value !== undefined && value !== '')
      .reduce((rest, [name, value = '']) => rest.replaceAll(value, `<${name}>`), text);
  }

  /** Resolves, once it has ended, when all that it wrote was read. */
  async outputRead(): Promise<void> {
    await Promise.race([this.#closed, delay(LAST_OUTPUT_MS, undefined, { ref: false })]);
  }

  /** @throws {@link ChildEnded} with how it ended and its last words, when it does not run any more */
  async requireRunning(): Promise<void> {
    if (this.ending === undefined) return;
    await this.outputRead();
    throw new ChildEnded(`${this.options.name} has ended (${this.ending}):\n${this.lastWords}`);
  }
}

const endOf = (text: string): string =>
  text.trim().split('\n').slice(-SHOWN_LINES).join('\n').slice(-SHOWN_CHARACTERS);
