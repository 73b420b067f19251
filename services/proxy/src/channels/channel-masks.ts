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
  readonly shown?: ((channel: Channel, bytes: Uint8Array) => void) | undefined;
}

type StreamMasker = TextMasker | TarMasker;

/** Masks what a cluster sends in an exec or attach: each of its streams as a text of its own. */
export class ChannelMasks {
  readonly #texts = new Map<number, { readonly channel: Channel; readonly text: StreamMasker }>();
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
    if (channel.type !== 'error') {
      return this.#shown(channel, this.#textOf(channel).push(bytes));
    }
    const error = this.#errors.get(channel.id) ?? { channel, pieces: [] };
    this.#errors.set(channel.id, error);
    error.pieces.push(Buffer.from(bytes));
    const length = error.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > MAX_ERROR_BYTES) throw new BrokenFrames('an error that is too long');
    return NOTHING;
  }

  /** Nothing more comes in this channel, or in this message of an error. */
  end(channel: Channel): readonly Uint8Array[] {
    return this.#shown(channel, this.#restOf(channel));
  }

  #restOf({ id }: Channel): readonly Uint8Array[] {
    const known = this.#texts.get(id);
    this.#texts.delete(id);
    const rest = known?.text.end() ?? NOTHING;
    this.#masked += known?.text.masked ?? 0;
    const error = this.#errors.get(id);
    this.#errors.delete(id);
    return error === undefined ? rest : [...rest, this.#maskedError(Buffer.concat(error.pieces))];
  }

  /** The session is over. */
  endAll(): readonly (readonly [Channel, readonly Uint8Array[]])[] {
    const open = [...this.#texts.values(), ...this.#errors.values()];
    return open.map(({ channel }) => [channel, this.end(channel)] as const);
  }

  /** Shows what is undecided. */
  flush(): readonly (readonly [Channel, readonly Uint8Array[]])[] {
    return [...this.#texts.values()].map(
      ({ channel, text }) => [channel, this.#shown(channel, text.flush())] as const,
    );
  }

  #shown(channel: Channel, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    const { shown } = this.mask;
    if (shown !== undefined) for (const piece of pieces) shown(channel, piece);
    return pieces;
  }

  #textOf(channel: Channel): StreamMasker {
    const known = this.#texts.get(channel.id);
    if (known !== undefined) return known.text;
    const { masker, isArchive } = this.mask;
    const text = isArchive && channel.type === 'stdout' ? masker.archive() : masker.text();
    this.#texts.set(channel.id, { channel, text });
    return text;
  }

  #maskedError(bytes: Buffer): Uint8Array {
    const text = bytes.toString('utf8');
    const masked = this.mask.masker.line(text);
    if (masked === text) return bytes;
    this.#masked += 1;
    return Buffer.from(masked);
  }
}
