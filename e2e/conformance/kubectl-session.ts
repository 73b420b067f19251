import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normaliseOutput } from './normalise-output.js';

/** The cluster that the cases run against, and the `kubectl` they run. */
export interface ConformanceCluster {
  /** Path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  /** Path of the executable. */
  readonly kubectl: string;
}

/** How one command ended. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A command that is still running. */
export interface RunningKubectl {
  /** Resolves once stdout holds `text`; rejects when the command ends or `timeoutMs` pass without it. */
  seen(text: string, timeoutMs?: number): Promise<void>;
  /** What came so far. */
  stdout(): string;
  /** Ends the command, if it has not ended by itself. */
  stop(): Promise<void>;
}

interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that ran to its end, and what it said without what is never the same twice. */
export interface TranscriptEntry extends KubectlResult {
  readonly command: string;
}

const commandTimeoutMs = 60_000;
const seenTimeoutMs = 60_000;

/** Runs real kubectl commands in the namespace of one case. */
export class KubectlSession {
  /** Every command that ended by itself, oldest first. */
  readonly transcript: TranscriptEntry[] = [];

  constructor(
    private readonly cluster: ConformanceCluster,
    readonly namespace: string,
    /** A scratch directory of the case. */
    readonly directory: string,
  ) {}

  /** Runs a command and tells how it ended, whatever that was. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<KubectlResult> {
    const result = await this.#execute(args, options);
    const plain = (text: string) => normaliseOutput(text, this.directory);
    this.transcript.push({
      command: plain(args.join(' ')),
      stdout: isOfChance(args) ? '' : plain(result.stdout),
      stderr: plain(result.stderr),
      exitCode: result.exitCode,
    });
    return result;
  }

  #execute(args: readonly string[], options: RunOptions): Promise<KubectlResult> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.cluster.kubectl,
        this.arguments(args),
        {
          env: this.environment(options.env),
          timeout: commandTimeoutMs,
          maxBuffer: 32 * 1024 * 1024,
        },
        (error, stdout, stderr) => {
          if (error !== null && typeof error.code !== 'number') reject(timedOut(args, error));
          else resolve({ stdout, stderr, exitCode: Number(error?.code ?? 0) });
        },
      );
      // A command may end without having read it.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.stdin ?? '');
    });
  }

  /** Runs a command that has to succeed; returns its stdout. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(args, options);
    if (exitCode === 0) return stdout;
    throw new Error(`kubectl ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
  }

  /** Runs a command that has to fail; returns its stderr. */
  async fails(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(args, options);
    if (exitCode !== 0) return stderr;
    throw new Error(`kubectl ${args.join(' ')} should have failed; it said: ${stdout}`);
  }

  /** Runs a command and parses the JSON it prints. */
  async json(args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.ok([...args, '-o', 'json']));
  }

  /** The value of a JSONPath expression in an object. */
  field(object: string, path: string): Promise<string> {
    return this.ok(['get', object, '-o', `jsonpath={${path}}`]);
  }

  /** Applies or creates a manifest given as text. */
  apply(manifest: string, ...more: readonly string[]): Promise<string> {
    return this.ok(['apply', '-f', '-', ...more], { stdin: manifest });
  }

  /** Writes a file of the case; returns its path. */
  async file(name: string, content: string, mode = 0o644): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, content, { mode });
    return path;
  }

  /** Starts a command that does not end by itself. */
  start(args: readonly string[], { env }: Pick<RunOptions, 'env'> = {}): RunningKubectl {
    const child = spawn(this.cluster.kubectl, this.arguments(args), {
      env: this.environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let complaints = '';
    const listeners = new Set<() => void>();
    const tell = () => {
      for (const listener of [...listeners]) listener();
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      tell();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const ended = once(child, 'close');
    void ended.then(tell);
    return {
      stdout: () => output,
      seen: (text, timeoutMs = seenTimeoutMs) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => finish(false), timeoutMs);
          const finish = (isSeen: boolean) => {
            clearTimeout(timer);
            listeners.delete(check);
            if (isSeen) resolve();
            else reject(new Error(`never saw ${JSON.stringify(text)} in: ${output}${complaints}`));
          };
          const check = () => {
            if (output.includes(text)) finish(true);
            else if (child.exitCode !== null) finish(false);
          };
          listeners.add(check);
          check();
        }),
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  private arguments(args: readonly string[]): string[] {
    return ['--kubeconfig', this.cluster.kubeconfig, '--namespace', this.namespace, ...args];
  }

  private environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.directory,
      TMPDIR: this.directory,
      ...more,
    };
  }
}

/** What is gone before the first look is not named. */
const isOfChance = ([verb, ...options]: readonly string[]): boolean =>
  verb === 'wait' && options.includes('--for=delete');

function timedOut(args: readonly string[], cause: unknown): Error {
  return new Error(`kubectl ${args.join(' ')} did not end in ${commandTimeoutMs} ms`, { cause });
}
