import {
  readHandshake,
  type ChannelHandshake,
  type ChannelKind,
} from '../channels/channel-handshake.js';
import { opensChannel } from '../domain/access-attributes.js';
import { CallRefused } from '../domain/call-refused.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { RequestBody } from '../guard/call-guard.js';
import type { ClientUpgrade } from '../listener/client-exchange.js';
import { callMask, channelMask, type CallMask } from '../masking/call-mask.js';
import type { Maskers } from '../masking/maskers.js';
import { refuseMaskedTarget } from '../masking/masked-target.js';
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
  /** How the answer is masked. */
  readonly mask: CallMask;
  /** Its body, when it had to be read before anybody is asked about it. */
  readonly read?: RequestBody;
}

/**
 * Lets those calls change the protocol that open a channel, and no others: a watch or log over WebSocket would
 * slip past whatever reads answers.
 */
export const negotiateChannel =
  (maskers: Pick<Maskers, 'of' | 'forwardsPorts' | 'showsReleases'>): Step<Allowed, Negotiated> =>
  (next) =>
  (call) => {
    const { upgrade, kube, connection } = call;
    refuseMaskedTarget(kube);
    const opens = kube.kind === 'resource' && opensChannel(kube);
    if (upgrade === undefined) {
      if (opens) throw upgradeRequired();
      const { headers } = call.request;
      const showsReleases = maskers.showsReleases(connection);
      const mask = callMask({ kube, headers, masker: maskers.of(connection), showsReleases });
      return next({ ...call, channel: undefined, mask });
    }
    const kind = opens ? channelKind(kube) : undefined;
    if (kind === undefined) throw upgradeRefused();
    const { method, target } = kube;
    if (kind === 'portForward' && !maskers.forwardsPorts(connection)) throw portForwardRefused();
    const { rawHeaders } = call.request;
    const mask = channelMask(maskers.of(connection));
    return next({
      ...call,
      channel: { handshake: readHandshake({ method, target, rawHeaders }, kind), upgrade },
      mask,
    });
  };

function channelKind(kube: KubeRequest & { kind: 'resource' }): ChannelKind | undefined {
  const isPod = kube.apiGroup === '' && kube.resource === 'pods' && !kube.verbInPath;
  if (!isPod || kube.parts.length !== 3) return undefined;
  return kube.subresource === 'portforward' ? 'portForward' : 'remoteCommand';
}

const portForwardRefused = () =>
  new CallRefused(
    'port_forward_refused',
    'ports of pods are not forwarded on this connection: nobody could mask what passes there',
  );

const upgradeRefused = () =>
  new CallRefused('upgrade_unsupported', 'this call is served over plain HTTP only');

const upgradeRequired = () =>
  new CallRefused(
    'upgrade_required',
    'exec, attach and port-forward need HTTP/1.1 with "Upgrade: websocket" or "Upgrade: SPDY/3.1"',
  );
