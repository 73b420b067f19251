import { TokenBucket } from '../domain/token-bucket.js';
import type { ChannelCodec } from './channel-codec.js';
import type { ChannelHandshake } from './channel-handshake.js';
import { ChannelMasks, type OutputMask } from './channel-masks.js';
import type { ChannelObserver } from './channel-observer.js';
import type { NoiseLimit } from './frame-reader.js';
import { SpdyCodec } from './spdy/spdy-codec.js';
import { TunnelCodec } from './websocket/tunnel-codec.js';
import {
  portForwardTable,
  remoteCommandTable,
  WebSocketCodec,
} from './websocket/websocket-codec.js';

/** Frames without content that one side may send: kubectl pings once in five seconds. */
const NOISE = { perSecond: 50, burst: 500 };

export interface AgreedChannel {
  readonly handshake: ChannelHandshake;
  /** What the cluster agreed on. */
  readonly protocol: string;
  readonly observer: ChannelObserver;
  /** Of exec and attach, whose output is masked. What goes through a forwarded port never is. */
  readonly mask: OutputMask;
}

/** How a session in the agreed protocol is read. */
export function codecFor({ handshake, protocol, observer, mask }: AgreedChannel): ChannelCodec {
  const noise = { client: noiseLimit(), cluster: noiseLimit() };
  const { kind, transport } = handshake;
  const masks = kind === 'remoteCommand' ? new ChannelMasks(mask) : undefined;
  const options = { observer, noise, protocol, masks };
  if (transport === 'spdy') return new SpdyCodec(kind, options);
  if (protocol.startsWith('SPDY/3.1+')) return new TunnelCodec(options);
  const table =
    kind === 'portForward'
      ? portForwardTable(handshake.ports, protocol)
      : remoteCommandTable(protocol);
  return new WebSocketCodec(table, options);
}

function noiseLimit(): NoiseLimit {
  const bucket = new TokenBucket(NOISE, performance.now());
  return () => bucket.take(performance.now());
}
