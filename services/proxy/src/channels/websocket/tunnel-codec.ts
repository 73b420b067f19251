import type { ChannelCodec, ChannelEnd, CodecOptions } from '../channel-codec.js';
import { SPDY_PRINT_MS, SpdyCodec } from '../spdy/spdy-codec.js';
import { closeCodeOf } from './close-code.js';
import { TunnelMessages } from './tunnel-messages.js';
import { closeFrame, opcodes, unaskedPong, webSocketFrame } from './websocket-frames.js';
import { WebSocketReader } from './websocket-reader.js';

/** Port-forward since kubectl 1.31: SPDY/3.1 through the messages of a WebSocket. */
export class TunnelCodec implements ChannelCodec {
  readonly printMs = SPDY_PRINT_MS;
  readonly fromClient: WebSocketReader;
  readonly fromCluster: WebSocketReader;
  readonly #spdy: SpdyCodec;

  constructor(options: CodecOptions) {
    const { noise } = options;
    this.#spdy = new SpdyCodec('portForward', options);
    const { fromClient, fromCluster } = this.#spdy;
    this.fromClient = new WebSocketReader({
      masked: true,
      sink: new TunnelMessages(fromClient),
      noise: noise.client,
    });
    this.fromCluster = new WebSocketReader({
      masked: false,
      sink: new TunnelMessages(fromCluster),
      noise: noise.cluster,
      isWhole: () => fromCluster.atBoundary && !fromCluster.holds,
    });
  }

  /** Nobody types into a forwarded port. */
  tell(): Buffer {
    return Buffer.alloc(0);
  }

  alive(): Buffer {
    return unaskedPong();
  }

  sayWhy(end: ChannelEnd): Buffer {
    return this.#carry(end, this.#spdy.sayWhy(end));
  }

  goodbye(end: ChannelEnd): Buffer {
    const carried = this.#carry(end, this.#spdy.goodbye(end));
    return Buffer.concat([carried, closeFrame(closeCodeOf(end), end.status.message)]);
  }

  /** Bytes of ours within the tunnel; none when what it carries is broken. */
  #carry({ kind }: ChannelEnd, payload: Buffer): Buffer {
    if (kind === 'broken' || payload.length === 0) return Buffer.alloc(0);
    return webSocketFrame({ opcode: opcodes.binary, payload });
  }
}
