import type { ArchiveRecord } from '@drawbridge/contracts';
import type { TextMasker } from '@drawbridge/masking';
import type { Channel, ChannelObserver, Sender } from '../channels/channel-observer.js';
import type { ArchivedFiles } from './archived-files.js';
import type { FramePace } from './frame-pace.js';
import type { SessionRecording } from './session-recording.js';
import { TerminalSizes } from './terminal-size.js';
import type { TypedInput } from './typed-input.js';

/** What of an exec or attach is recorded, and how. */
export interface RecordedChannelsOptions {
  readonly recording: SessionRecording;
  /** Absent: what is sent to the workload is not recorded. */
  readonly input?: TypedInput | PipedInput | undefined;
  /** What passes is an archive: it is told by what is in it, and stdout is left out. */
  readonly archive?: ArchivedFiles | undefined;
  readonly next: ChannelObserver | undefined;
}

/** Records the channels of an exec or attach: what the client sends, and what of the cluster's answer it is shown. */
export class RecordedChannels implements ChannelObserver {
  readonly #sizes = new TerminalSizes();
  #pace: FramePace | undefined;

  constructor(private readonly options: RecordedChannelsOptions) {}

  /** What is in the archive that passed, if one did. */
  get archived(): ArchiveRecord | undefined {
    return this.options.archive?.listed;
  }

  /** From now on what the client sends is counted. */
  keepPace(pace: FramePace): void {
    this.#pace = pace;
  }

  opened(channel: Channel): void {
    this.options.next?.opened(channel);
  }

  /** What somebody sends is on its way to the record before anybody judges it. */
  data(channel: Channel, from: Sender, bytes: Uint8Array): void {
    const { next, input, archive } = this.options;
    if (from === 'client') {
      this.#pace?.passed(bytes.length);
      if (channel.type === 'stdin') {
        input?.typed(bytes);
        if (archive?.direction === 'upload') archive.push(bytes);
      }
      if (channel.type === 'resize') this.#resize(bytes);
    }
    if (next?.wants(channel, from) === true) next.data(channel, from, bytes);
  }

  closed(channel: Channel, from: Sender, reset: boolean): void {
    this.options.next?.closed(channel, from, reset);
  }

  wants(channel: Channel, from: Sender): boolean {
    const { type } = channel;
    const { input, archive } = this.options;
    const own =
      from === 'client' &&
      (type === 'resize' ||
        (type === 'stdin' && (input !== undefined || archive?.direction === 'upload')));
    return own || this.options.next?.wants(channel, from) === true;
  }

  /** What the client is shown, as it is shown: masked. */
  readonly shown = ({ type }: Pick<Channel, 'type'>, bytes: Uint8Array): void => {
    const { input, archive } = this.options;
    if (type !== 'stdout') return;
    if (archive === undefined) input?.shown(bytes);
    else if (archive.direction === 'download') archive.push(bytes);
  };

  /** What of it is recorded: with secrets masked that were shown before they were known. */
  readonly recorded = ({ type }: Pick<Channel, 'type'>, bytes: Uint8Array): void => {
    const { recording, archive } = this.options;
    if (type === 'stderr') recording.bytes('e', bytes);
    if (type === 'error') this.#told(bytes);
    if (type === 'stdout' && archive === undefined) recording.bytes('o', bytes);
  };

  end(): void {
    this.options.input?.end();
    this.options.archive?.end();
  }

  #resize(bytes: Uint8Array): void {
    for (const size of this.#sizes.take(bytes)) this.options.recording.frame('r', size);
  }

  /** Why it failed, where that is not simply the exit code of what ran. */
  #told(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('utf8');
    const message = messageOf(text);
    if (message !== undefined) this.options.recording.frame('m', message);
  }
}

function messageOf(text: string): string | undefined {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status !== 'object' || status === null) return text;
    const { status: end, reason, message } = status as Readonly<Record<string, unknown>>;
    if (end === 'Success' || reason === 'NonZeroExitCode') return undefined;
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

/** Records what is sent to a command without a terminal. */
export class PipedInput {
  constructor(
    private readonly recording: Pick<SessionRecording, 'bytes'>,
    private readonly masker: Pick<TextMasker, 'push' | 'end'>,
  ) {}

  typed(bytes: Uint8Array): void {
    for (const piece of this.masker.push(bytes)) this.recording.bytes('i', piece);
  }

  shown(): void {
    // What a command prints says nothing of what it read.
  }

  end(): void {
    for (const piece of this.masker.end()) this.recording.bytes('i', piece);
  }
}
