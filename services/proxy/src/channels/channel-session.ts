import type { Duplex } from 'node:stream';
import type { CallOutcome } from '../domain/call-outcome.js';
import { cuts, type CutReason } from '../domain/cut-reason.js';
import { kubeStatus } from '../domain/kube-status.js';
import { BrokenFrames } from './broken-frames.js';
import type { ChannelCodec, ChannelEnd } from './channel-codec.js';
import type { Sender } from './channel-observer.js';
import type { ExitStatus } from './exit-status.js';
import type { FrameReader } from './frame-reader.js';
import { SessionRefused } from './session-refused.js';

/** How long an end by us may take to reach a frame boundary and then the client. */
const CUT_MS = 500;
/** How long an unread end may wait for its reader without any progress. */
const STALLED_MS = 60_000;
/** How often a client is shown that somebody is there while nothing passes: it waits for a minute. */
const ALIVE_MS = 5_000;
/** How long the other side may take to end when one side has ended. */
const LINGER_MS = 5_000;

export interface ChannelSessionOptions {
  readonly client: Duplex;
  readonly cluster: Duplex;
  readonly codec: ChannelCodec;
  readonly exit: ExitStatus;
  readonly commandId: string;
  /** Told why it ends when it is neither side's wish: frames that are broken, or an error of our own. */
  readonly onFault: (error: unknown, sender: Sender) => void;
}

/** Who wants that nothing passes: the record, because it is behind, a human, or nobody but its own flood of frames. */
export type SessionHolder = 'record' | 'human' | 'pace';

type Ended = Pick<CallOutcome, 'outcome' | 'reason' | 'rule'>;

/**
 * Passes the bytes of an upgraded connection on, both ways, as fast as either side reads and no faster: nothing
 * is held but the chunk under way. What passes was read and is no broken frame. Ends when either side ends, or
 * by {@link cut}, with a reason in the protocol itself.
 */
export class ChannelSession {
  /** How it ended. Never rejects. */
  readonly ended: Promise<CallOutcome>;
  readonly #settle: (outcome: CallOutcome) => void;
  #cutting: { readonly ended: Ended; readonly end: ChannelEnd } | undefined;
  #saidGoodbye = false;
  #over = false;
  /** Whether what the client has got ends with a message. Of a broken chunk it got nothing. */
  #atBoundary = true;
  #timer: NodeJS.Timeout | undefined;
  /** Runs while the cluster is silent and something it sent is kept back. */
  #silence: NodeJS.Timeout | undefined;
  /** Lines of ours that wait for the end of a message. */
  #lines: Buffer[] = [];
  readonly #holders = new Set<SessionHolder>();
  #alive: NodeJS.Timeout | undefined;
  #requestBytes = 0;
  #responseBytes = 0;

  constructor(private readonly options: ChannelSessionOptions) {
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    this.ended = promise;
    this.#settle = resolve;
  }

  /** Begins with the bytes that came behind the handshakes. */
  start(fromClient: Buffer, fromCluster: Buffer): void {
    const { client, cluster } = this.options;
    this.#connect(cluster, client, 'cluster');
    this.#connect(client, cluster, 'client');
    if (fromCluster.length > 0) this.#relay('cluster', fromCluster);
    if (fromClient.length > 0) this.#relay('client', fromClient);
  }

  /** Ends the session. At once for the cluster; the client is told why, in half a second at most. */
  cut(reason: CutReason): void {
    const kind = reason === 'proxy_draining' ? 'leaving' : 'refused';
    this.#cut({ outcome: 'cut', reason }, this.#endOf(reason, kind));
  }

  /** Shows a line to the client, between what the cluster sends. */
  tell(line: string, tty: boolean): void {
    if (this.#over || this.#cutting !== undefined) return;
    this.#lines.push(this.options.codec.tell(line, tty));
    this.#sendLines();
  }

  /** Nothing passes either way until everybody who holds it has released it. The end of a grant ends it all the same. */
  hold(by: SessionHolder): void {
    if (this.#over) return;
    this.#holders.add(by);
    this.options.client.pause();
    this.options.cluster.pause();
    this.#alive ??= setInterval(() => this.#showAlive(), ALIVE_MS).unref();
  }

  release(by: SessionHolder): void {
    if (!this.#holders.delete(by) || this.#isHeld) return;
    clearInterval(this.#alive);
    this.#alive = undefined;
    const { client, cluster, codec } = this.options;
    if (this.#over || this.#cutting !== undefined) return;
    if (!client.writableNeedDrain) cluster.resume();
    if (!cluster.writableNeedDrain) client.resume();
    this.#waitForMore(codec.fromCluster);
  }

  get #isHeld(): boolean {
    return this.#holders.size > 0;
  }

  #showAlive(): void {
    const { client, codec } = this.options;
    const isDeaf = this.#over || this.#cutting !== undefined || !this.#atBoundary;
    if (!isDeaf && !codec.fromCluster.closed && !client.writableNeedDrain)
      client.write(codec.alive());
  }

  #sendLines(): void {
    if (!this.#atBoundary || this.#lines.length === 0) return;
    const lines = Buffer.concat(this.#lines);
    this.#lines = [];
    if (lines.length > 0 && !this.options.codec.fromCluster.closed) this.#toClient(lines);
  }

  #connect(from: Duplex, to: Duplex, sender: Sender): void {
    from.on('data', (chunk: Buffer) => this.#relay(sender, chunk));
    from.on('end', () => this.#onEnd(sender));
    from.on('close', () => this.#onClose(sender));
    from.on('error', ignore);
    to.on('drain', () => {
      if (!this.#isHeld || this.#cutting !== undefined) from.resume();
    });
    // Handed over paused. Flows from the next turn on, behind the bytes that came with the handshake.
    from.resume();
  }

  #relay(sender: Sender, chunk: Buffer): void {
    if (this.#over || this.#deafTo(sender)) return;
    const reader = this.#readerOf(sender);
    try {
      reader.push(chunk, sender === 'client' ? this.#toCluster : this.#toClient);
    } catch (error) {
      this.#onBroken(sender, error);
      return;
    }
    if (sender === 'client') return;
    this.#atBoundary = reader.atBoundary;
    this.#waitForMore(reader);
    this.#sendLines();
    if (this.#cutting !== undefined && this.#atBoundary) this.#sayGoodbye(this.#cutting.end);
  }

  /** While it is being ended by us, only the rest of a message to the client is of use. */
  #deafTo(sender: Sender): boolean {
    if (this.#cutting === undefined) return false;
    return sender === 'client' || this.#saidGoodbye || this.#cutting.end.kind === 'broken';
  }

  /** What may be the beginning of a secret is shown when nothing follows it: it may as well be a prompt. */
  #waitForMore({ held }: FrameReader): void {
    clearTimeout(this.#silence);
    if (held?.holds !== true || this.#isHeld) return;
    this.#silence = setTimeout(() => {
      if (this.#over || this.#cutting !== undefined || this.#isHeld) return;
      this.#sendHeld(held.flush());
    }, held.flushMs);
    this.#silence.unref();
  }

  #sendHeld(bytes: Buffer | undefined): void {
    if (bytes !== undefined) this.#toClient(bytes);
  }

  readonly #toClient = (bytes: Buffer) => {
    this.#responseBytes += bytes.length;
    if (!this.options.client.write(bytes)) this.options.cluster.pause();
  };

  readonly #toCluster = (bytes: Buffer) => {
    this.#requestBytes += bytes.length;
    if (!this.options.cluster.write(bytes)) this.options.client.pause();
  };

  #readerOf(sender: Sender): FrameReader {
    const { codec } = this.options;
    return sender === 'client' ? codec.fromClient : codec.fromCluster;
  }

  #onBroken(sender: Sender, error: unknown): void {
    if (error instanceof SessionRefused) {
      this.#onRefused(error);
      return;
    }
    this.options.onFault(error, sender);
    if (!(error instanceof BrokenFrames)) {
      this.#cut(
        { outcome: 'cut', reason: 'internal_error' },
        this.#endOf('internal_error', 'broken'),
      );
      return;
    }
    const ended: Ended =
      sender === 'client'
        ? { outcome: 'cut', reason: 'malformed_frames' }
        : { outcome: 'upstream_failed', reason: 'malformed_frames' };
    this.#cut(ended, this.#endOf('malformed_frames', 'broken'));
  }

  /** What came is dropped, with all that came in the same piece. */
  #onRefused({ code, message, rule }: SessionRefused): void {
    const { commandId } = this.options;
    const status = kubeStatus({ statusCode: 403, code, message, commandId });
    this.#cut({ outcome: 'cut', reason: code, rule }, { kind: 'refused', status });
  }

  #cut(ended: Ended, end: ChannelEnd): void {
    if (this.#over || this.#cutting !== undefined) return;
    this.#cutting = { ended, end };
    const { cluster, codec, client } = this.options;
    this.#arm(CUT_MS, () => client.destroy());
    if (this.#atBoundary) {
      this.#sayGoodbye(end);
    } else if (end.kind === 'broken') {
      client.destroy();
    } else {
      codec.fromCluster.stopAtBoundary();
      cluster.resume();
    }
  }

  #sayGoodbye(end: ChannelEnd): void {
    const { client, cluster, codec } = this.options;
    this.#saidGoodbye = true;
    cluster.destroy();
    // What the client still sends is read and dropped, so that its end is seen.
    client.resume();
    const why = codec.fromCluster.closed ? NOTHING : codec.sayWhy(end);
    this.#responseBytes += why.length;
    if (why.length === 0) {
      this.#goodbye(end);
      return;
    }
    client.write(why);
    if (codec.printMs === 0) this.#goodbye(end);
    else this.#arm(codec.printMs, () => this.#goodbye(end));
  }

  #goodbye(end: ChannelEnd): void {
    const { client, codec } = this.options;
    this.#arm(CUT_MS, () => client.destroy());
    const last = codec.fromCluster.closed ? NOTHING : codec.goodbye(end);
    this.#responseBytes += last.length;
    client.end(last, () => this.#finish());
  }

  /** One side has sent everything. What it sent is delivered, however slowly it is read. */
  #onEnd(sender: Sender): void {
    if (this.#over || this.#cutting !== undefined) return;
    const { client, cluster, codec } = this.options;
    if (sender === 'cluster') this.#sendHeld(codec.fromCluster.held?.end());
    const [to, from] = sender === 'client' ? [cluster, client] : [client, cluster];
    to.end(() => {
      this.#arm(LINGER_MS, () => {
        from.destroy();
        to.destroy();
      });
    });
  }

  #onClose(sender: Sender): void {
    if (this.#over) return;
    const { client, cluster } = this.options;
    if (sender === 'client') {
      cluster.destroy();
      this.#finish('client_gone');
    } else if (this.#cutting === undefined) {
      // Its end was orderly: then the client gets what is left of it.
      this.#sendHeld(this.options.codec.fromCluster.held?.end());
      client.end(() => this.#finish('upstream_failed'));
      this.#watchDelivery();
    }
  }

  /** A client that has stopped reading gets a minute for every bit of progress. */
  #watchDelivery(): void {
    const { client } = this.options;
    const left = client.writableLength;
    this.#arm(STALLED_MS, () => {
      if (client.writableLength === left) client.destroy();
      else this.#watchDelivery();
    });
  }

  #finish(otherwise: 'client_gone' | 'upstream_failed' = 'client_gone'): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    clearInterval(this.#alive);
    const { client, cluster, exit, codec } = this.options;
    const { exitCode } = exit;
    const { held } = codec.fromCluster;
    held?.over();
    this.#settle({
      ...this.#outcome(otherwise),
      statusCode: 101,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      ...(exitCode !== undefined && { exitCode }),
      ...(held !== undefined && { masked: held.masked }),
    });
    cluster.destroy();
    setTimeout(() => client.destroy(), CUT_MS).unref();
  }

  #outcome(otherwise: 'client_gone' | 'upstream_failed'): Ended {
    if (this.#cutting !== undefined) return this.#cutting.ended;
    const { codec, exit } = this.options;
    const orderly = exit.isKnown || codec.fromClient.closed || codec.fromCluster.closed;
    if (orderly) return { outcome: 'completed' };
    return otherwise === 'client_gone'
      ? { outcome: 'client_gone' }
      : { outcome: 'upstream_failed', reason: 'upstream_failed' };
  }

  #endOf(code: keyof typeof cuts | 'internal_error', kind: ChannelEnd['kind']): ChannelEnd {
    const { commandId } = this.options;
    const { statusCode, message } =
      code === 'internal_error'
        ? { statusCode: 500, message: 'something went wrong in the gateway' }
        : cuts[code];
    return { kind, status: kubeStatus({ statusCode, message, code, commandId }) };
  }

  #arm(delayMs: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, delayMs);
    this.#timer.unref();
  }
}

const NOTHING = Buffer.alloc(0);
const ignore = () => undefined;
