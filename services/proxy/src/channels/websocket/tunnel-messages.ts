import type { SpdyReader } from '../spdy/spdy-reader.js';
import type { MessageSink } from './websocket-reader.js';

/** SPDY through WebSocket messages: their payload, in order, is the other protocol's bytes. */
export class TunnelMessages implements MessageSink {
  readonly wantsPayload = true;

  constructor(private readonly spdy: SpdyReader) {}

  begin(firstByte: number): void {
    this.payload(Buffer.of(firstByte));
  }

  payload(bytes: Buffer): void {
    this.spdy.push(bytes, passed);
  }

  end(): void {
    // Messages and frames of the tunnel do not end together.
  }
}

/** What carries the tunnel is passed on as it came. */
const passed = () => undefined;
