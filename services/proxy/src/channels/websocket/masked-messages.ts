import type { Channel } from '../channel-observer.js';
import type { ChannelMasks } from '../channel-masks.js';
import { RewrittenFrames, type HeldOutput } from '../rewritten.js';
import type { ControlFrame } from './websocket-reader.js';
import { opcodes, webSocketFrame } from './websocket-frames.js';

/** First byte of the message with which v5 ends a channel. */
const CLOSE_SIGNAL = 255;
const ZERO = 0x30;

/** Writes the messages of a cluster anew, masked: each piece of a channel as a message of its own. */
export class MaskedMessages implements HeldOutput {
  readonly #frames = new RewrittenFrames();

  constructor(
    private readonly masks: ChannelMasks,
    private readonly base64: boolean,
  ) {}

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

  /** @param wasEmpty - there was nothing in it but the number of its channel */
  endMessage(channel: Channel, wasEmpty: boolean): void {
    if (wasEmpty) this.#frames.add(this.#message(channel.id, Buffer.alloc(0)));
    else if (channel.type === 'error') this.#send(channel, this.masks.end(channel));
  }

  endChannel(channel: Channel): void {
    this.#send(channel, this.masks.end(channel));
    const payload = Buffer.of(CLOSE_SIGNAL, channel.id);
    this.#frames.add(webSocketFrame({ opcode: opcodes.binary, payload }));
  }

  /** Goes on as it came, behind everything that came before it. */
  control({ opcode, bytes }: ControlFrame): void {
    if (opcode === opcodes.close) this.#endAll();
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
    for (const piece of pieces) if (piece.length > 0) this.#frames.add(this.#message(id, piece));
  }

  #message(channel: number, data: Uint8Array): Buffer {
    if (!this.base64) {
      const payload = Buffer.concat([Buffer.of(channel), data]);
      return webSocketFrame({ opcode: opcodes.binary, payload });
    }
    const text = String.fromCharCode(ZERO + channel) + Buffer.from(data).toString('base64');
    return webSocketFrame({ opcode: opcodes.text, payload: Buffer.from(text) });
  }
}
