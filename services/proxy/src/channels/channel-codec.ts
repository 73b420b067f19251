import type { KubeStatus } from '../domain/kube-status.js';
import type { ChannelMasks } from './channel-masks.js';
import type { ChannelObserver } from './channel-observer.js';
import type { FrameReader, NoiseLimit } from './frame-reader.js';

/** Why a session ends before its time. */
export interface ChannelEnd {
  readonly status: KubeStatus;
  /** `broken`: somebody broke the protocol; `leaving`: the gateway goes away; `refused`: it is no longer allowed. */
  readonly kind: 'broken' | 'leaving' | 'refused';
}

/** How one agreed protocol is read, and how a session in it is ended so that clients print why. */
export interface ChannelCodec {
  readonly fromClient: FrameReader;
  readonly fromCluster: FrameReader;
  /**
   * A line for whoever reads along, on the error side, or where a terminal shows everything. Only while
   * `fromCluster.atBoundary`; empty when nothing is open there.
   */
  tell(line: string, tty: boolean): Buffer;
  /** What keeps the client from taking silence for a loss. Only while `fromCluster.atBoundary`; may be empty. */
  alive(): Buffer;
  /** The reason where the client prints it. Only while `fromCluster.atBoundary`; may be empty. */
  sayWhy(end: ChannelEnd): Buffer;
  /** How long clients take to print the reason: with the end of the protocol they stop before they have. */
  readonly printMs: number;
  /** The end of the protocol itself, behind `sayWhy`. */
  goodbye(end: ChannelEnd): Buffer;
}

export interface CodecOptions {
  readonly observer: ChannelObserver;
  /** Of exec and attach: masks what the cluster sends. */
  readonly masks?: ChannelMasks | undefined;
  /** One for each side. */
  readonly noise: { readonly client: NoiseLimit; readonly cluster: NoiseLimit };
  /** The name that was agreed on, e.g. `v5.channel.k8s.io`. */
  readonly protocol: string;
}
