import { createHash, randomBytes } from 'node:crypto';
import { CallRefused } from '../domain/call-refused.js';
import { announcedBody, headerValue, headerValues } from '../domain/request-head.js';
import type { AnswerHeaders } from '../listener/client-exchange.js';
import { isTokenProtocol } from './bearer-protocol.js';
import { forwardedPorts } from './forwarded-ports.js';

/** RFC 6455 section 1.3. */
const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const numbered = /^(?:v[2-5]\.)?(?:base64\.)?channel\.k8s\.io$/;
const MAX_PROTOCOLS = 16;

export type ChannelKind = 'remoteCommand' | 'portForward';

/** What the client asks to speak instead of HTTP, and how it is answered. */
export interface ChannelHandshake {
  readonly kind: ChannelKind;
  readonly transport: 'websocket' | 'spdy';
  /** What may be agreed on, in the order in which the client wants it. Only what this gateway reads. */
  readonly protocols: readonly string[];
  /** `Sec-WebSocket-Key` of the client. */
  readonly key?: string;
  /** Of a port-forward over numbered channels, in their order; empty otherwise. */
  readonly ports: readonly number[];
}

export interface UpgradeHead {
  /** Canonical path and query. */
  readonly target: string;
  readonly method: string;
  readonly rawHeaders: readonly string[];
}

/**
 * Reads the handshake of exec, attach or port-forward; refuses whatever two servers might read differently.
 *
 * @throws {@link CallRefused} `upgrade_unsupported`, `malformed_request`
 */
export function readHandshake(head: UpgradeHead, kind: ChannelKind): ChannelHandshake {
  if (announcedBody(head.rawHeaders) !== undefined) throw malformed('no body with an upgrade');
  const upgrade = (headerValue(head.rawHeaders, 'upgrade') ?? '').toLowerCase();
  if (upgrade === 'websocket') return readWebSocket(head, kind);
  if (upgrade === 'spdy/3.1') return readSpdy(head, kind);
  throw unsupported('expected "Upgrade: websocket" or "Upgrade: SPDY/3.1"');
}

function readWebSocket(head: UpgradeHead, kind: ChannelKind): ChannelHandshake {
  const { method, rawHeaders } = head;
  if (method !== 'GET') throw malformed('GET with "Upgrade: websocket"');
  if (headerValues(rawHeaders, 'sec-websocket-version').join() !== '13') {
    throw malformed('one header "Sec-WebSocket-Version: 13"');
  }
  const [key = '', ...more] = headerValues(rawHeaders, 'sec-websocket-key');
  if (more.length > 0 || !isKey(key)) throw malformed('one "Sec-WebSocket-Key" of 16 bytes');
  const offered = listOf(rawHeaders, 'sec-websocket-protocol');
  const protocols = required(offered.filter((name) => isWebSocketProtocol(name, kind)));
  const numbersPorts = kind === 'portForward' && protocols.some((name) => name !== TUNNEL);
  const ports = numbersPorts ? forwardedPorts(head.target) : [];
  return { kind, transport: 'websocket', protocols, key, ports };
}

const portForwardProtocols = new Set([TUNNEL, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io']);

function isWebSocketProtocol(name: string, kind: ChannelKind): boolean {
  if (isTokenProtocol(name)) return false;
  return kind === 'portForward' ? portForwardProtocols.has(name) : numbered.test(name);
}

function readSpdy({ rawHeaders }: UpgradeHead, kind: ChannelKind): ChannelHandshake {
  const offered = listOf(rawHeaders, 'x-stream-protocol-version');
  const protocols = offered.filter((name) =>
    kind === 'portForward' ? name === 'portforward.k8s.io' : isSpdyProtocol(name),
  );
  return { kind, transport: 'spdy', protocols: required(protocols), ports: [] };
}

const isSpdyProtocol = (name: string) => numbered.test(name) && !name.includes('base64');

const isKey = (key: string) =>
  /^[A-Za-z0-9+/]{22}==$/.test(key) && Buffer.from(key, 'base64').toString('base64') === key;

/** Tokens of a list, over all header lines. A second one of the same name would be agreed on by chance. */
function listOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const list = headerValues(rawHeaders, name)
    .join(',')
    .split(',')
    .map((item) => item.trim());
  const distinct = [...new Set(list)].filter((item) => item !== '');
  if (distinct.length > MAX_PROTOCOLS) throw malformed(`at most ${MAX_PROTOCOLS} protocols`);
  return distinct;
}

function required(protocols: readonly string[]): readonly string[] {
  if (protocols.length > 0) return protocols;
  throw unsupported('none of the offered protocols is one that can be read here');
}

/** A handshake of our own: nothing of the client's goes to the cluster but the protocols. */
export interface UpstreamHandshake {
  /** name, value, name, value, … */
  readonly headers: readonly string[];
  /** `Sec-WebSocket-Accept` that must come back. */
  readonly accept?: string;
}

export function upstreamHandshake({ transport, protocols }: ChannelHandshake): UpstreamHandshake {
  const upgrade = ['connection', 'Upgrade', 'upgrade'];
  if (transport === 'spdy') {
    const versions = protocols.flatMap((name) => ['x-stream-protocol-version', name]);
    return { headers: [...upgrade, 'SPDY/3.1', ...versions] };
  }
  const key = randomBytes(16).toString('base64');
  const webSocket = ['sec-websocket-version', '13', 'sec-websocket-key', key];
  return {
    headers: [
      ...upgrade,
      'websocket',
      ...webSocket,
      'sec-websocket-protocol',
      protocols.join(', '),
    ],
    accept: acceptOf(key),
  };
}

/**
 * What the cluster agreed on.
 *
 * @returns `undefined` when its 101 is not the answer to our handshake: then it is not believed
 */
export function agreedProtocol(
  handshake: ChannelHandshake,
  { accept }: UpstreamHandshake,
  rawHeaders: readonly string[],
): string | undefined {
  const { transport, protocols } = handshake;
  const one = (name: string) => headerValues(rawHeaders, name).join('\n');
  const isUpgrade = listOf(rawHeaders, 'connection').some((item) => /^upgrade$/i.test(item));
  const upgrade = transport === 'spdy' ? 'spdy/3.1' : 'websocket';
  if (!isUpgrade || one('upgrade').toLowerCase() !== upgrade) return undefined;
  if (transport === 'websocket') {
    if (one('sec-websocket-accept') !== accept || one('sec-websocket-extensions') !== '')
      return undefined;
  }
  const agreed = one(protocolHeader[transport]);
  return protocols.includes(agreed) ? agreed : undefined;
}

const protocolHeader = {
  websocket: 'sec-websocket-protocol',
  spdy: 'x-stream-protocol-version',
} as const;

/** The headers of our 101 to the client. */
export function switchHeaders(handshake: ChannelHandshake, agreed: string): AnswerHeaders {
  const { transport, key } = handshake;
  return {
    connection: 'Upgrade',
    upgrade: transport === 'spdy' ? 'SPDY/3.1' : 'websocket',
    ...(key !== undefined && { 'sec-websocket-accept': acceptOf(key) }),
    [protocolHeader[transport]]: agreed,
  };
}

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}${ACCEPT_SALT}`).digest('base64');

const malformed = (what: string) => new CallRefused('malformed_request', `expected ${what}`);
const unsupported = (message: string) => new CallRefused('upgrade_unsupported', message);
