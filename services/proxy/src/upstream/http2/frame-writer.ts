import type { Duplex } from 'node:stream';
import { frameText, type FrameKind } from './frames.js';

/** What the other side has not read yet. */
const MAX_UNSENT_BYTES = 1_048_576;

/** Writes the frames of one turn of the event loop at once. */
export class FrameWriter {
  #scheduled: NodeJS.Immediate | undefined;
  #stopped = false;

  /** @param text - what is written before any frame */
  constructor(
    private readonly socket: Duplex,
    private text: string,
  ) {}

  /** Nothing that somebody waits for should be written now. */
  get full(): boolean {
    return !this.socket.writable || this.socket.writableLength > MAX_UNSENT_BYTES;
  }

  send(kind: FrameKind, payload: string): void {
    if (this.#stopped) return;
    this.text += frameText(kind, payload);
    this.#scheduled ??= setImmediate(() => this.#flush());
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#scheduled);
  }

  /** A text, though bytes would cost less: credentials would lie in a slab that answers to clients share. */
  #flush(): void {
    this.#scheduled = undefined;
    const { text } = this;
    this.text = '';
    if (this.socket.writable) this.socket.write(text, 'latin1');
  }
}
