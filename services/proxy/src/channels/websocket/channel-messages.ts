import { BrokenFrames } from '../broken-frames.js';
import type { Channel, ChannelObserver, Sender } from '../channel-observer.js';
import type { MaskedMessages } from './masked-messages.js';
import { Base64Pieces } from './base64-pieces.js';
import type { MessageSink } from './websocket-reader.js';

/** First byte of the message with which v5 ends a channel. */
const CLOSE_SIGNAL = 255;
const ZERO = 0x30;

/** The numbered channels that one connection has, all open from its start. */
export interface ChannelTable {
  readonly channels: readonly Channel[];
  /** Whether `from` may send on it. */
  readonly maySend: (channel: Channel, from: Sender) => boolean;
  /** Payload is base64 in text, and channels are digits. */
  readonly base64: boolean;
  /** v5: either side may end a channel. */
  readonly closeSignal: boolean;
}

export interface ChannelMessagesOptions {
  readonly from: Sender;
  readonly table: ChannelTable;
  readonly observer: ChannelObserver;
  /** Who writes anew what is read. */
  readonly anew?: MaskedMessages | undefined;
}

/** Messages of `*.channel.k8s.io`: the first byte names the channel, the others are its data. */
export class ChannelMessages implements MessageSink {
  #channel: Channel | undefined;
  #isEmpty = true;
  /** Of a close signal: its second byte, and no other, names the channel. */
  #closing: 'no' | 'awaitsChannel' | 'complete' = 'no';
  readonly #ended = new Set<number>();
  readonly #base64: Base64Pieces | undefined;

  constructor(private readonly options: ChannelMessagesOptions) {
    if (options.table.base64) this.#base64 = new Base64Pieces();
  }

  get wantsPayload(): boolean {
    if (this.#closing !== 'no') return true;
    const { observer, from, anew } = this.options;
    if (anew !== undefined) return true;
    return this.#channel !== undefined && observer.wants(this.#channel, from);
  }

  begin(firstByte: number): void {
    const { table } = this.options;
    this.#base64?.reset();
    if (table.closeSignal && firstByte === CLOSE_SIGNAL) {
      this.#closing = 'awaitsChannel';
      return;
    }
    const channel = this.#find(table.base64 ? firstByte - ZERO : firstByte);
    if (this.#ended.has(channel.id)) throw new BrokenFrames('data behind the end of a channel');
    this.#channel = channel;
    this.#isEmpty = true;
  }

  payload(bytes: Buffer): void {
    if (this.#closing !== 'no') {
      this.#endChannel(bytes);
      return;
    }
    if (this.#channel === undefined) throw new TypeError('no message is under way');
    const data = this.#base64 === undefined ? bytes : this.#base64.decode(bytes);
    if (data.length > 0) this.#tell(this.#channel, data);
  }

  end(): void {
    if (this.#closing === 'awaitsChannel') throw new BrokenFrames('a close signal for no channel');
    const closed = this.#closing !== 'no';
    this.#closing = 'no';
    if (!closed && this.#channel !== undefined) {
      this.options.anew?.endMessage(this.#channel, this.#isEmpty);
    }
    this.#channel = undefined;
  }

  #tell(channel: Channel, data: Buffer): void {
    const { observer, from, anew } = this.options;
    this.#isEmpty = false;
    if (anew === undefined || observer.wants(channel, from)) observer.data(channel, from, data);
    anew?.data(channel, data);
  }

  #endChannel(bytes: Buffer): void {
    const [id = 0] = bytes;
    if (bytes.length !== 1 || this.#closing !== 'awaitsChannel') {
      throw new BrokenFrames('a close signal with more behind it');
    }
    this.#closing = 'complete';
    const channel = this.options.table.channels[id];
    if (channel === undefined) throw new BrokenFrames('a close signal for an unknown channel');
    if (this.#ended.has(id)) return;
    this.#ended.add(id);
    this.options.observer.closed(channel, this.options.from, false);
    this.options.anew?.endChannel(channel);
  }

  #find(id: number): Channel {
    const { table, from } = this.options;
    const channel = table.channels[id];
    if (channel === undefined || !table.maySend(channel, from)) {
      throw new BrokenFrames('a message for a channel that its sender does not have');
    }
    return channel;
  }
}
