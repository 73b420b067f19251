import type { Masker, TarMasker, TextMasker } from '@drawbridge/masking';
import { BrokenFrames } from './broken-frames.js';
import type { Channel } from './channel-observer.js';

/** As much as any `Status` of an ended command has. */
const MAX_ERROR_BYTES = 65_536;
const NOTHING: readonly Uint8Array[] = [];

/** How what a cluster sends in a session is masked. */
export interface OutputMask {
  readonly masker: Masker;
  /** How long it may be silent before that is shown which may be the beginning of a secret. */
  readonly flushMs: number;
  /** What comes on stdout is an archive, which has to keep its form. */
  readonly isArchive: boolean;
  /** Told of what the client is about to be shown. */
  readonly shown?: Told | undefined;
  /**
   * Told of the same for the record: what is shown before anybody knows whether a secret begins there is told when that
   * is known, masked. So it does not matter how slowly a secret comes.
   */
  readonly recorded?: Told | undefined;
}

type Told = (channel: Channel, bytes: Uint8Array) => void;

type StreamMasker = TextMasker | TarMasker;

interface OpenText {
  readonly channel: Channel;
  readonly text: StreamMasker;
  /** For the record, from the first time that something undecided was shown until all is decided. */
  record: TextMasker | undefined;
}

/** Masks what a cluster sends in an exec or attach: each of its streams as a text of its own. */
export class ChannelMasks {
  readonly #texts = new Map<number, OpenText>();
  /** How a command ended is one document: masked when it is whole. */
  readonly #errors = new Map<number, { readonly channel: Channel; readonly pieces: Buffer[] }>();
  #masked = 0;

  constructor(private readonly mask: OutputMask) {}

  get flushMs(): number {
    return this.mask.flushMs;
  }

  /** Values that were replaced. */
  get masked(): number {
    let sum = this.#masked;
    for (const { text } of this.#texts.values()) sum += text.masked;
    return sum;
  }

  /** Something waits for what comes next, and would be shown by {@link flush}. */
  get holds(): boolean {
    for (const { text } of this.#texts.values()) if (text.heldBytes > 0) return true;
    return false;
  }

  /** @throws {@link BrokenFrames} for an error that is longer than any */
  push(channel: Channel, bytes: Uint8Array): readonly Uint8Array[] {
    if (channel.type !== 'error') return this.#pushed(this.#textOf(channel), bytes);
    const error = this.#errors.get(channel.id) ?? { channel, pieces: [] };
    this.#errors.set(channel.id, error);
    error.pieces.push(Buffer.from(bytes));
    const length = error.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > MAX_ERROR_BYTES) throw new BrokenFrames('an error that is too long');
    return NOTHING;
  }

  /** Nothing more comes in this channel, or in this message of an error. */
  end(channel: Channel): readonly Uint8Array[] {
    const open = this.#texts.get(channel.id);
    this.#texts.delete(channel.id);
    const rest = open?.text.end() ?? NOTHING;
    this.#masked += open?.text.masked ?? 0;
    const ended = this.#endOfError(channel);
    this.#tell(channel, [...rest, ...ended], [...(open?.record?.end() ?? rest), ...ended]);
    return [...rest, ...ended];
  }

  #endOfError({ id }: Channel): readonly Uint8Array[] {
    const error = this.#errors.get(id);
    this.#errors.delete(id);
    return error === undefined ? NOTHING : [this.#maskedError(Buffer.concat(error.pieces))];
  }

  /** The session is over. */
  endAll(): readonly (readonly [Channel, readonly Uint8Array[]])[] {
    const open = [...this.#texts.values(), ...this.#errors.values()];
    return open.map(({ channel }) => [channel, this.end(channel)] as const);
  }

  /** The session is over, and the client gets nothing more: what it was shown undecided is recorded now. */
  over(): void {
    for (const { channel, record } of this.#texts.values()) {
      this.#tell(channel, NOTHING, record?.end() ?? NOTHING);
    }
  }

  /** Shows what is undecided. */
  flush(): readonly (readonly [Channel, readonly Uint8Array[]])[] {
    return [...this.#texts.values()].map((open) => {
      if (open.text.heldBytes > 0) open.record ??= open.text.fork();
      const pieces = open.text.flush();
      this.#tell(open.channel, pieces, NOTHING);
      return [open.channel, pieces] as const;
    });
  }

  #pushed(open: OpenText, bytes: Uint8Array): readonly Uint8Array[] {
    const { channel, text, record } = open;
    const pieces = text.push(bytes);
    this.#tell(channel, pieces, record?.push(bytes) ?? pieces);
    if (record?.heldBytes === 0 && text.heldBytes === 0) open.record = undefined;
    return pieces;
  }

  #tell(
    channel: Channel,
    pieces: readonly Uint8Array[],
    recordedPieces: readonly Uint8Array[],
  ): void {
    const { shown, recorded } = this.mask;
    if (recorded !== undefined) for (const piece of recordedPieces) recorded(channel, piece);
    if (shown !== undefined) for (const piece of pieces) shown(channel, piece);
  }

  #textOf(channel: Channel): OpenText {
    const known = this.#texts.get(channel.id);
    if (known !== undefined) return known;
    const { masker, isArchive } = this.mask;
    const text = isArchive && channel.type === 'stdout' ? masker.archive() : masker.text();
    const open: OpenText = { channel, text, record: undefined };
    this.#texts.set(channel.id, open);
    return open;
  }

  #maskedError(bytes: Buffer): Uint8Array {
    const text = bytes.toString('utf8');
    const masked = this.mask.masker.line(text);
    if (masked === text) return bytes;
    this.#masked += 1;
    return Buffer.from(masked);
  }
}
