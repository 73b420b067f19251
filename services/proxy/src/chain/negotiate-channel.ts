import {
  readHandshake,
  type ChannelHandshake,
  type ChannelKind,
} from '../channels/channel-handshake.js';
import { opensChannel } from '../domain/access-attributes.js';
import { CallRefused } from '../domain/call-refused.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { ClientUpgrade } from '../listener/client-exchange.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';

/** What a client and the gateway agree to speak behind a 101. */
export interface ChannelRequest {
  readonly handshake: ChannelHandshake;
  readonly upgrade: ClientUpgrade;
}

export interface Negotiated extends Allowed {
  /** Of exec, attach and port-forward only. */
  readonly channel: ChannelRequest | undefined;
}

/**
 * Lets those calls change the protocol that open a channel, and no others: a watch or log over WebSocket would
 * slip past whatever reads answers.
 */
export const negotiateChannel = (): Step<Allowed, Negotiated> => (next) => (call) => {
  const { upgrade, kube } = call;
  const opens = kube.kind === 'resource' && opensChannel(kube);
  if (upgrade === undefined) {
    if (opens) throw upgradeRequired();
    return next({ ...call, channel: undefined });
  }
  const kind = opens ? channelKind(kube) : undefined;
  if (kind === undefined) throw upgradeRefused();
  const { method, target } = kube;
  const { rawHeaders } = call.request;
  return next({
    ...call,
    channel: { handshake: readHandshake({ method, target, rawHeaders }, kind), upgrade },
  });
};

function channelKind(kube: KubeRequest & { kind: 'resource' }): ChannelKind | undefined {
  const isPod = kube.apiGroup === '' && kube.resource === 'pods' && !kube.verbInPath;
  if (!isPod || kube.parts.length !== 3) return undefined;
  return kube.subresource === 'portforward' ? 'portForward' : 'remoteCommand';
}

const upgradeRefused = () =>
  new CallRefused('upgrade_unsupported', 'this call is served over plain HTTP only');

const upgradeRequired = () =>
  new CallRefused(
    'upgrade_required',
    'exec, attach and port-forward need HTTP/1.1 with "Upgrade: websocket" or "Upgrade: SPDY/3.1"',
  );
