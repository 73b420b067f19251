import type { ChannelCodec, ChannelEnd, CodecOptions } from '../channel-codec.js';
import { errorText } from '../error-text.js';
import { spdyDataFrame, spdyGoAway } from './spdy-frames.js';
import { MaskedFrames } from './masked-frames.js';
import { SpdyReader } from './spdy-reader.js';
import { SpdyStreams } from './spdy-streams.js';

/** kubectl prints in one goroutine what another one's exit would cut off. */
export const SPDY_PRINT_MS = 1_000;
const NOTHING = Buffer.alloc(0);

/** SPDY/3.1 as `kubectl` speaks it, on a connection of its own or through a tunnel. */
export class SpdyCodec implements ChannelCodec {
  readonly printMs = SPDY_PRINT_MS;
  readonly fromClient: SpdyReader;
  readonly fromCluster: SpdyReader;
  readonly #streams: SpdyStreams;

  constructor(
    kind: 'remoteCommand' | 'portForward',
    private readonly options: CodecOptions,
  ) {
    const { observer, noise, masks } = options;
    const anew = masks === undefined ? undefined : new MaskedFrames(masks);
    const streams = new SpdyStreams(kind, observer);
    this.#streams = streams;
    this.fromClient = new SpdyReader({ from: 'client', streams, observer, noise: noise.client });
    this.fromCluster = new SpdyReader({
      from: 'cluster',
      streams,
      observer,
      noise: noise.cluster,
      ...(anew !== undefined && { anew }),
    });
  }

  tell(line: string, tty: boolean): Buffer {
    const type = tty ? 'stdout' : 'stderr';
    const shown = this.#streams.listening.find(({ channel }) => channel.type === type);
    if (shown === undefined) return NOTHING;
    return spdyDataFrame({ streamId: shown.channel.id, payload: Buffer.from(line) });
  }

  /** Its clients wait for as long as the connection is there. */
  alive(): Buffer {
    return NOTHING;
  }

  /** The reason on every open error stream; all others end, so that clients stop waiting for more. */
  sayWhy({ status }: ChannelEnd): Buffer {
    const text = Buffer.from(errorText(status, this.options.protocol));
    return Buffer.concat(
      this.#streams.listening.map(({ channel }) =>
        spdyDataFrame({
          streamId: channel.id,
          payload: channel.type === 'error' ? text : NOTHING,
          fin: true,
        }),
      ),
    );
  }

  goodbye({ kind }: ChannelEnd): Buffer {
    return spdyGoAway(this.#streams.lastId, kind === 'broken' ? 1 : 0);
  }
}
