import type { ArchivedFileRecord, ArchiveRecord } from '@drawbridge/contracts';
import { neutralise } from '@drawbridge/kernel';
import { TarEntries, type TarEntry } from '@drawbridge/masking';
import type { SessionRecording } from './session-recording.js';

/** In a marker. */
const MAX_NAME = 1_024;
/** In the record of the command, which must fit into a message. */
const MAX_PATH = 512;
const MAX_LISTED = 64;

export interface ArchivedFilesOptions {
  readonly recording: Pick<SessionRecording, 'frame'>;
  readonly direction: 'upload' | 'download';
  /** Takes out of names what is masked everywhere. */
  readonly mask: (text: string) => string;
}

/**
 * Records of an archive that passes each thing in it, as a marker: its name, size and rights, and the hash of its
 * content. The first of its files are listed for the record of the command too, and the others counted.
 */
export class ArchivedFiles {
  readonly #entries: TarEntries;
  readonly #files: ArchivedFileRecord[] = [];
  #more = 0;
  #unreadFrom: number | undefined;

  constructor(private readonly options: ArchivedFilesOptions) {
    this.#entries = new TarEntries({
      entry: (entry) => this.#add(entry),
      broken: (at) => this.#break(at),
    });
  }

  get direction(): ArchivedFilesOptions['direction'] {
    return this.options.direction;
  }

  /** What has passed so far; all of it once it has ended. `undefined`: no file, and nothing that could be one. */
  get listed(): ArchiveRecord | undefined {
    if (this.#files.length === 0 && this.#unreadFrom === undefined) return undefined;
    return {
      direction: this.direction,
      files: this.#files,
      ...(this.#more > 0 && { more: this.#more }),
      ...(this.#unreadFrom !== undefined && { unreadFrom: this.#unreadFrom }),
    };
  }

  push(bytes: Uint8Array): void {
    this.#entries.push(bytes);
  }

  end(): void {
    this.#entries.end();
  }

  #add(entry: TarEntry): void {
    const { recording, mask } = this.options;
    // Masked before it is cut: half of a secret looks like nothing.
    const name = neutralise(mask(entry.name));
    recording.frame('m', this.#wordsOf(entry, name));
    if (entry.type === DIRECTORY) return;
    if (this.#files.length < MAX_LISTED) this.#files.push(fileOf(entry, name));
    else this.#more += 1;
  }

  #break(at: number): void {
    const { recording, direction } = this.options;
    this.#unreadFrom = at;
    recording.frame('m', `${direction}: no tar archive before byte ${at}, its files are not told`);
  }

  #wordsOf({ type, mode, size, sha256, received }: TarEntry, name: string): string {
    const { direction } = this.options;
    return [
      `${direction} of ${kinds[type] ?? 'an entry'} "${name.slice(0, MAX_NAME)}", ${size} bytes`,
      `mode ${mode.toString(8).padStart(4, '0')}`,
      ...(sha256 === undefined ? [] : [`sha256 ${sha256}`]),
      ...(received === undefined ? [] : [`broken off at ${received}`]),
    ].join(', ');
  }
}

const DIRECTORY = '5';

const kinds: Readonly<Record<string, string>> = {
  ...{ '0': 'file', '\0': 'file', '7': 'file', [DIRECTORY]: 'directory' },
  ...{ '1': 'hard link', '2': 'symbolic link' },
};

const fileOf = ({ type, size, sha256, received }: TarEntry, name: string): ArchivedFileRecord => ({
  path: name.length > MAX_PATH ? `${name.slice(0, MAX_PATH - 1)}…` : name,
  kind: kindOf(type),
  bytes: size,
  ...(sha256 !== undefined && { sha256 }),
  ...(received !== undefined && { received }),
});

function kindOf(type: string): ArchivedFileRecord['kind'] {
  const kind = kinds[type] ?? '';
  return kind === 'file' ? kind : kind.endsWith('link') ? 'link' : 'other';
}
