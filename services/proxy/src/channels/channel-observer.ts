/** Which side bytes came from. */
export type Sender = 'client' | 'cluster';

export type ChannelType = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize' | 'data';

/** One stream of bytes within a session, whichever protocol carries it. */
export interface Channel {
  /** Channel number of the WebSocket, stream id of SPDY. */
  readonly id: number;
  readonly type: ChannelType;
  /** Of a port-forward: the port in the pod that `data` and `error` belong to. */
  readonly port?: number;
}

/**
 * Told what passes through a session, in the order in which it passes: the place for recording and masking.
 *
 * Bytes are told before they are passed on, frame by frame and without any framing, masking or base64 of the
 * carrying protocol. They belong to the reader: who keeps them copies them. What throws ends the session.
 *
 * `resize` carries JSON (`{"Width":80,"Height":24}`), `error` the `Status` with which exec and attach end, or
 * plain text in a port-forward and in protocols before v4.
 */
export interface ChannelObserver {
  opened(channel: Channel): void;
  data(channel: Channel, from: Sender, bytes: Uint8Array): void;
  /** `from` sends nothing more on it; with `reset` nobody does, but what was under way may still come. */
  closed(channel: Channel, from: Sender, reset: boolean): void;
  /** Whether anybody looks at the bytes of this channel: without, they are neither unmasked nor decoded. */
  wants(channel: Channel, from: Sender): boolean;
}
