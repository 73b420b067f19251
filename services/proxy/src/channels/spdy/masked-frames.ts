import type { Channel } from '../channel-observer.js';
import type { ChannelMasks } from '../channel-masks.js';
import { RewrittenFrames, type HeldOutput } from '../rewritten.js';
import { controlTypes, FIN, spdyDataFrame } from './spdy-frames.js';

const NOTHING = Buffer.alloc(0);
const FLAGS_AT = 4;

/** Writes the data frames of a cluster anew, masked. All other frames go on as they came. */
export class MaskedFrames implements HeldOutput {
  readonly #frames = new RewrittenFrames();

  constructor(private readonly masks: ChannelMasks) {}

  get holds(): boolean {
    return this.masks.holds;
  }

  get flushMs(): number {
    return this.masks.flushMs;
  }

  get masked(): number {
    return this.masks.masked;
  }

  data(channel: Channel, bytes: Uint8Array): void {
    this.#send(channel, this.masks.push(channel, bytes));
  }

  /** The last frame of a stream has come. */
  endStream(channel: Channel): void {
    this.#send(channel, this.masks.end(channel));
    const { last } = this.#frames;
    if (last?.readUInt32BE() === channel.id) last.writeUInt8(FIN, FLAGS_AT);
    else this.#frames.add(spdyDataFrame({ streamId: channel.id, payload: NOTHING, fin: true }));
  }

  /** A control frame; behind a reset and a farewell clients read nothing more. */
  control(type: number, bytes: Buffer): void {
    if (type === controlTypes.rstStream || type === controlTypes.goAway) this.#endAll();
    this.#frames.add(bytes);
  }

  take(): Buffer | undefined {
    return this.#frames.take();
  }

  flush(): Buffer | undefined {
    for (const [channel, pieces] of this.masks.flush()) this.#send(channel, pieces);
    return this.take();
  }

  over(): void {
    this.masks.over();
  }

  end(): Buffer | undefined {
    this.#endAll();
    return this.take();
  }

  #endAll(): void {
    for (const [channel, pieces] of this.masks.endAll()) this.#send(channel, pieces);
  }

  #send({ id }: Channel, pieces: readonly Uint8Array[]): void {
    for (const payload of pieces) {
      if (payload.length > 0) this.#frames.add(spdyDataFrame({ streamId: id, payload }));
    }
  }
}
