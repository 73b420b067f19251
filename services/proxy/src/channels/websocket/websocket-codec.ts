import type { Channel, Sender } from '../channel-observer.js';
import type { ChannelCodec, ChannelEnd, CodecOptions } from '../channel-codec.js';
import { errorText } from '../error-text.js';
import { MaskedMessages } from './masked-messages.js';
import { ChannelMessages, type ChannelTable } from './channel-messages.js';
import { closeCodeOf } from './close-code.js';
import { closeFrame, opcodes, unaskedPong, webSocketFrame } from './websocket-frames.js';
import { WebSocketReader } from './websocket-reader.js';
import { closeCodes } from './websocket-frames.js';

const ZERO = 0x30;

const remoteCommandChannels: readonly Channel[] = (
  ['stdin', 'stdout', 'stderr', 'error', 'resize'] as const
).map((type, id) => ({ id, type }));

const remoteCommandSenders: Readonly<Record<Channel['type'], Sender | 'both'>> = {
  stdin: 'client',
  resize: 'client',
  stdout: 'cluster',
  stderr: 'cluster',
  error: 'cluster',
  data: 'both',
};

/** The channels of exec and attach, the same in every version of the protocol. */
export const remoteCommandTable = (protocol: string): ChannelTable =>
  table(remoteCommandChannels, protocol);

/** Of a port-forward without tunnel: two channels for each port of the query, data and error. */
export const portForwardTable = (ports: readonly number[], protocol: string): ChannelTable =>
  table(
    ports.flatMap((port, index) => [
      { id: index * 2, type: 'data' as const, port },
      { id: index * 2 + 1, type: 'error' as const, port },
    ]),
    protocol,
  );

const table = (channels: readonly Channel[], protocol: string): ChannelTable => ({
  channels,
  maySend: ({ type }, from) => {
    const sender = remoteCommandSenders[type];
    return sender === 'both' || sender === from;
  },
  base64: protocol.includes('base64.'),
  closeSignal: protocol.startsWith('v5.'),
});

/** Numbered channels over WebSocket: `channel.k8s.io` in all its versions. */
export class WebSocketCodec implements ChannelCodec {
  readonly printMs = 0;
  readonly fromClient: WebSocketReader;
  readonly fromCluster: WebSocketReader;

  constructor(
    private readonly channels: ChannelTable,
    private readonly options: CodecOptions,
  ) {
    this.fromClient = this.#reader('client');
    this.fromCluster = this.#reader('cluster');
    for (const channel of channels.channels) options.observer.opened(channel);
  }

  tell(line: string, tty: boolean): Buffer {
    const shown = this.channels.channels.find(({ type }) => type === (tty ? 'stdout' : 'stderr'));
    return shown === undefined ? Buffer.alloc(0) : this.#message(shown.id, line);
  }

  alive(): Buffer {
    return unaskedPong();
  }

  sayWhy({ status }: ChannelEnd): Buffer {
    const text = errorText(status, this.options.protocol);
    const errors = this.channels.channels.filter(({ type }) => type === 'error');
    return Buffer.concat(errors.map(({ id }) => this.#message(id, text)));
  }

  /** kubectl reads a `Status` only in front of a normal end; the tunnel has nothing but the code. */
  goodbye(end: ChannelEnd): Buffer {
    const said = this.fromCluster.atBoundary && end.kind !== 'broken';
    return closeFrame(said ? closeCodes.normal : closeCodeOf(end), end.status.message);
  }

  #reader(from: Sender): WebSocketReader {
    const { observer, noise, masks } = this.options;
    const table = this.channels;
    const anew =
      from === 'cluster' && masks !== undefined
        ? new MaskedMessages(masks, table.base64)
        : undefined;
    const sink = new ChannelMessages({ from, table, observer, anew });
    const options = { masked: from === 'client', sink, noise: noise[from] };
    return new WebSocketReader({ ...options, ...(anew !== undefined && { anew }) });
  }

  #message(channel: number, text: string): Buffer {
    const { base64 } = this.channels;
    const data = Buffer.from(text);
    const payload = base64
      ? Buffer.from(String.fromCharCode(ZERO + channel) + data.toString('base64'))
      : Buffer.concat([Buffer.of(channel), data]);
    return webSocketFrame({ opcode: base64 ? opcodes.text : opcodes.binary, payload });
  }
}
