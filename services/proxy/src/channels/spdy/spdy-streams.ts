import { BrokenFrames } from '../broken-frames.js';
import type { Channel, ChannelObserver, ChannelType, Sender } from '../channel-observer.js';
import { HeaderBlocks } from './header-block.js';

/** What a connection may have open at the same time: two streams per forwarded TCP connection. */
const MAX_OPEN = 2_048;
/** How many closed streams are remembered: Go peers may still send on them, and others drop what comes. */
const MAX_REMEMBERED = 512;

export interface SpdyStream {
  readonly channel: Channel;
  /** Which client connection of a port-forward it belongs to. */
  readonly requestId: string;
  /** The cluster has taken it: before that clients drop what comes on it. */
  replied: boolean;
  /** Who has said that nothing more comes. */
  readonly done: { client: boolean; cluster: boolean };
}

const remoteCommandTypes: ReadonlySet<string> = new Set([
  'error',
  'stdin',
  'stdout',
  'stderr',
  'resize',
] satisfies ChannelType[]);
const portForwardTypes: ReadonlySet<string> = new Set(['error', 'data'] satisfies ChannelType[]);

/** The streams of one SPDY connection of Kubernetes, of which only the client opens any. */
export class SpdyStreams {
  readonly #open = new Map<number, SpdyStream>();
  readonly #remembered = new Map<number, SpdyStream>();
  readonly #headers = new HeaderBlocks();
  #lastId = 0;
  #goneAway = false;

  constructor(
    private readonly kind: 'remoteCommand' | 'portForward',
    private readonly observer: ChannelObserver,
  ) {}

  get lastId(): number {
    return this.#lastId;
  }

  /** The streams on which the cluster may still send, in the order in which they were opened. */
  get listening(): readonly SpdyStream[] {
    return [...this.#open.values()].filter(({ replied, done }) => replied && !done.cluster);
  }

  /** @throws {@link BrokenFrames} */
  open(id: number, headerBlock: Buffer, fin: boolean): void {
    // Read in any case: the next block builds on it.
    const headers = this.#headers.read(headerBlock);
    if (id % 2 === 0 || id <= this.#lastId) throw new BrokenFrames('a stream id out of order');
    if (this.#goneAway) throw new BrokenFrames('a stream behind the end of the connection');
    if (this.#open.size >= MAX_OPEN) throw new BrokenFrames('too many open streams');
    this.#lastId = id;
    const { channel, requestId } = this.#channelOf(id, headers);
    const done = { client: fin, cluster: false };
    this.#open.set(id, { channel, requestId, replied: false, done });
    this.observer.opened(channel);
    if (fin) this.observer.closed(channel, 'client', false);
  }

  /** @throws {@link BrokenFrames} */
  reply(id: number, fin: boolean): void {
    const stream = this.#open.get(id);
    if (stream === undefined) {
      if (this.#isPast(id)) return;
      throw new BrokenFrames('a reply to a stream that was not opened');
    }
    if (stream.replied) throw new BrokenFrames('a second reply to a stream');
    stream.replied = true;
    if (fin) this.finish(stream, 'cluster');
  }

  /**
   * The stream that data is for. Also one that ended lately: its data is late, and is told to observers like any.
   *
   * @throws {@link BrokenFrames}
   */
  carrying(id: number): SpdyStream {
    const stream = this.#open.get(id) ?? this.#remembered.get(id);
    if (stream === undefined) throw new BrokenFrames('data for a stream that is not open');
    return stream;
  }

  finish(stream: SpdyStream, from: Sender): void {
    if (stream.done[from]) return;
    stream.done[from] = true;
    this.observer.closed(stream.channel, from, false);
    if (stream.done.client && stream.done.cluster) this.#remember(stream);
  }

  /** @throws {@link BrokenFrames} */
  reset(id: number, from: Sender): void {
    const stream = this.#open.get(id);
    if (stream === undefined) {
      if (this.#isPast(id)) return;
      throw new BrokenFrames('a reset of a stream that was not opened');
    }
    stream.done.client = true;
    stream.done.cluster = true;
    this.#remember(stream);
    this.observer.closed(stream.channel, from, true);
  }

  goAway(from: Sender): void {
    if (from === 'client') this.#goneAway = true;
  }

  #isPast(id: number): boolean {
    return id % 2 === 1 && id <= this.#lastId;
  }

  #remember(stream: SpdyStream): void {
    this.#open.delete(stream.channel.id);
    this.#remembered.set(stream.channel.id, stream);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  #channelOf(id: number, headers: ReadonlyMap<string, string>) {
    const type = headers.get('streamtype') ?? '';
    if (!isChannelType(type, this.kind)) throw new BrokenFrames('a stream of an unknown type');
    const requestId = this.kind === 'portForward' ? (headers.get('requestid') ?? `#${id}`) : '';
    this.#refuseSecond(type, requestId);
    if (this.kind === 'remoteCommand') return { channel: { id, type }, requestId };
    return { channel: { id, type, port: portOf(headers.get('port')) }, requestId };
  }

  #refuseSecond(type: ChannelType, requestId: string): void {
    for (const stream of this.#open.values()) {
      if (stream.channel.type === type && stream.requestId === requestId) {
        throw new BrokenFrames('a second stream of the same type');
      }
    }
  }
}

const isChannelType = (type: string, kind: 'remoteCommand' | 'portForward'): type is ChannelType =>
  (kind === 'remoteCommand' ? remoteCommandTypes : portForwardTypes).has(type);

function portOf(text = ''): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new BrokenFrames('a stream without a port');
  return port;
}
