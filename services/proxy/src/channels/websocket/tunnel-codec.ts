import type { ChannelCodec, ChannelEnd, CodecOptions } from '../channel-codec.js';
import { SpdyCodec } from '../spdy/spdy-codec.js';
import { closeCodeOf } from './close-code.js';
import { TunnelMessages } from './tunnel-messages.js';
import { closeFrame, opcodes, webSocketFrame } from './websocket-frames.js';
import { WebSocketReader } from './websocket-reader.js';

/** Port-forward since kubectl 1.31: SPDY/3.1 through the messages of a WebSocket. */
export class TunnelCodec implements ChannelCodec {
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
    });
  }

  sayWhy(end: ChannelEnd): Buffer {
    const { atBoundary, holds } = this.#spdy.fromCluster;
    if (!atBoundary || holds) return Buffer.alloc(0);
    const payload = Buffer.concat([this.#spdy.sayWhy(end), this.#spdy.goodbye(end)]);
    return webSocketFrame({ opcode: opcodes.binary, payload });
  }

  goodbye(end: ChannelEnd): Buffer {
    return closeFrame(closeCodeOf(end), end.status.message);
  }
}
