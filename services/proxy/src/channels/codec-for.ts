import type { KubeRequest } from '../domain/kube-request.js';
import { CallRefused } from '../domain/call-refused.js';
import { TokenBucket } from '../domain/token-bucket.js';
import type { ChannelCodec } from './channel-codec.js';
import type { ChannelHandshake } from './channel-handshake.js';
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
/** Two channels each, numbered in one byte. */
const MAX_PORTS = 127;

export interface AgreedChannel {
  readonly handshake: ChannelHandshake;
  readonly kube: KubeRequest;
  /** What the cluster agreed on. */
  readonly protocol: string;
  readonly observer: ChannelObserver;
}

/** How a session in the agreed protocol is read. */
export function codecFor({ handshake, kube, protocol, observer }: AgreedChannel): ChannelCodec {
  const noise = { client: noiseLimit(), cluster: noiseLimit() };
  const options = { observer, noise, protocol };
  const { kind, transport } = handshake;
  if (transport === 'spdy') return new SpdyCodec(kind, options);
  if (protocol.startsWith('SPDY/3.1+')) return new TunnelCodec(options);
  const table =
    kind === 'portForward'
      ? portForwardTable(portsOf(kube), protocol)
      : remoteCommandTable(protocol);
  return new WebSocketCodec(table, options);
}

function noiseLimit(): NoiseLimit {
  const bucket = new TokenBucket(NOISE, performance.now());
  return () => bucket.take(performance.now());
}

/** The ports of a port-forward that names them in its query, as the kubelet reads them. */
export function portsOf({ target }: Pick<KubeRequest, 'target'>): readonly number[] {
  const query = target.slice(target.indexOf('?') + 1);
  const texts = new URLSearchParams(query).getAll('ports').flatMap((value) => value.split(','));
  const ports = texts.map((text) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0));
  if (
    ports.length === 0 ||
    ports.length > MAX_PORTS ||
    ports.some((port) => port < 1 || port > 65_535)
  ) {
    throw new CallRefused(
      'malformed_request',
      'expected the ports to forward as "ports" in the query',
    );
  }
  return ports;
}
