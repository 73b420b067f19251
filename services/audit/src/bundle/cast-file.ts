import { SessionFrame, SessionHeader } from '@drawbridge/contracts';
import { CastWriter } from '@drawbridge/replay';
import { z } from 'zod';
import type { ChunkColumns } from '../domain/chunk-row.js';

/** A longer one is in pieces only. */
const MAX_LENGTH = 16_777_216;
const Frames = z.array(SessionFrame);

/** A recording as one file of asciicast, out of its pieces in their order. */
export class CastFile {
  #writer: CastWriter | undefined;
  #lines: string[] = [];
  #length = 0;

  /** @param title - of the recording */
  constructor(private readonly title: string) {}

  add(pieces: readonly ChunkColumns[]): void {
    for (const { at, frames, header } of pieces) {
      const read = Frames.parse(JSON.parse(frames));
      if (this.#writer === undefined) {
        const parsed = SessionHeader.safeParse(header === '' ? undefined : JSON.parse(header));
        // Without its first piece nobody knows what it is of.
        if (!parsed.success) return;
        this.#writer = new CastWriter({
          ...{ header: parsed.data, startedAt: at, version: 2, title: this.title },
        });
        this.#push(this.#writer.head(read));
      }
      for (const frame of read) this.#push(this.#writer.event(frame));
    }
  }

  /** `undefined` when there is none to be had. */
  text(): string | undefined {
    return this.#length === 0 || this.#length > MAX_LENGTH ? undefined : this.#lines.join('');
  }

  #push(line: string): void {
    this.#length += line.length;
    if (this.#length > MAX_LENGTH) this.#lines = [];
    else this.#lines.push(line);
  }
}
