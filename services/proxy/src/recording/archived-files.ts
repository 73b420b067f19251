import { neutralise } from '@drawbridge/kernel';
import { TarEntries, type TarEntry } from '@drawbridge/masking';
import type { SessionRecording } from './session-recording.js';

const MAX_NAME = 1_024;

export interface ArchivedFilesOptions {
  readonly recording: Pick<SessionRecording, 'frame'>;
  readonly direction: 'upload' | 'download';
  /** Takes out of names what is masked everywhere. */
  readonly mask: (text: string) => string;
}

/** Records of an archive that passes each thing in it, as a marker: its name, size and rights, and the hash of its content. */
export class ArchivedFiles {
  readonly #entries: TarEntries;

  constructor(private readonly options: ArchivedFilesOptions) {
    const { recording, direction } = options;
    this.#entries = new TarEntries({
      entry: (entry) => recording.frame('m', this.#wordsOf(entry)),
      broken: (at) =>
        recording.frame(
          'm',
          `${direction}: no tar archive before byte ${at}, its files are not told`,
        ),
    });
  }

  get direction(): ArchivedFilesOptions['direction'] {
    return this.options.direction;
  }

  push(bytes: Uint8Array): void {
    this.#entries.push(bytes);
  }

  end(): void {
    this.#entries.end();
  }

  #wordsOf({ name, type, mode, size, sha256, received }: TarEntry): string {
    const { direction, mask } = this.options;
    const shown = neutralise(mask(name.slice(0, MAX_NAME)));
    return [
      `${direction} of ${kinds[type] ?? 'an entry'} "${shown}", ${size} bytes`,
      `mode ${mode.toString(8).padStart(4, '0')}`,
      ...(sha256 === undefined ? [] : [`sha256 ${sha256}`]),
      ...(received === undefined ? [] : [`broken off at ${received}`]),
    ].join(', ');
  }
}

const kinds: Readonly<Record<string, string>> = {
  ...{ '0': 'file', '\0': 'file', '7': 'file', '5': 'directory' },
  ...{ '1': 'hard link', '2': 'symbolic link' },
};
