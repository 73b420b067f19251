import { createHash, type Hash } from 'node:crypto';
import type { FileTransfer } from '@drawbridge/guardrails';
import type { FileTransferRecord, RecordedRule } from '@drawbridge/contracts';
import type { Channel, ChannelObserver, Sender } from './channel-observer.js';
import { TypedCommands } from './typed-commands.js';

/** What is watched in a session. */
export interface WatchedSession {
  /** The client has a terminal there. */
  readonly tty: boolean;
  /**
   * Asked of every script that typed lines come to, before the workload gets them. Absent: nobody asks.
   *
   * @returns the rules that are met
   */
  readonly judge?: ((script: string) => readonly TypedRule[]) | undefined;
  /** The files that its command takes or gives. */
  readonly transfers: readonly FileTransfer[];
}

/** A rule that something typed has met. */
export interface TypedRule extends RecordedRule {
  /** What whoever types is told of it. */
  readonly warning?: string;
}

/** As many as a record holds. */
const MAX_RULES = 64;

/** Puts what is typed together to commands, and counts the bytes of files. */
export class SessionWatch implements ChannelObserver {
  readonly #typed: TypedCommands;
  readonly #met = new Map<string, RecordedRule>();
  /** Shows a line to whoever types. */
  onWarning: (line: string) => void = () => undefined;
  /** What went through either way, as far as files did. */
  readonly #passed: Record<FileTransfer['direction'], { bytes: number; readonly hash: Hash }>;

  constructor(private readonly session: WatchedSession) {
    this.#typed = new TypedCommands(session.tty);
    this.#passed = { upload: nothingYet(), download: nothingYet() };
  }

  get tty(): boolean {
    return this.session.tty;
  }

  /** Of the command as it was given: what it did with its files nobody knows. */
  get transfers(): readonly FileTransferRecord[] {
    return this.session.transfers.map(({ direction, path }) => ({
      direction,
      path,
      bytes: this.#passed[direction].bytes,
      sha256: this.#passed[direction].hash.copy().digest('hex'),
    }));
  }

  /** The rules that were met by what was typed, each once. */
  get typed(): readonly RecordedRule[] {
    return [...this.#met.values()];
  }

  opened(): void {
    // Every channel of these sessions is open from the start.
  }

  /** @throws {@link SessionRefused} by `judge` */
  data({ type }: Channel, from: Sender, bytes: Uint8Array): void {
    if (type !== 'stdin' || from !== 'client') return;
    this.#pass('upload', bytes);
    const { judge } = this.session;
    if (judge === undefined) return;
    for (const script of this.#typed.take(bytes)) judge(script).forEach((rule) => this.#meet(rule));
  }

  /** What the client is shown: as it leaves the gateway. */
  shown({ type }: Pick<Channel, 'type'>, bytes: Uint8Array): void {
    if (type === 'stdout') this.#pass('download', bytes);
  }

  #pass(direction: FileTransfer['direction'], bytes: Uint8Array): void {
    if (this.session.transfers.length === 0) return;
    const passed = this.#passed[direction];
    passed.bytes += bytes.length;
    passed.hash.update(bytes);
  }

  /** Each rule once: without a terminal a line is judged again with every piece of it. */
  #meet({ warning, ...rule }: TypedRule): void {
    if (this.#met.has(rule.rule) || this.#met.size >= MAX_RULES) return;
    this.#met.set(rule.rule, rule);
    if (warning === undefined) return;
    this.onWarning(this.session.tty ? `\r\n${warning}\r\n` : `${warning}\n`);
  }

  closed(): void {
    // What was typed before has been judged.
  }

  wants({ type }: Channel, from: Sender): boolean {
    const { judge, transfers } = this.session;
    return from === 'client' && type === 'stdin' && (judge !== undefined || transfers.length > 0);
  }
}

const nothingYet = () => ({ bytes: 0, hash: createHash('sha256') });
