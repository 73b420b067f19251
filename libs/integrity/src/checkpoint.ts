import { AppError } from '@drawbridge/kernel';
import { base64, openNote, type Named, type PublicKey } from './note.js';
import { HASH_BYTES } from './merkle.js';

/**
 * A checkpoint that is signed and cannot be right all the same. `checkpoint_malformed`: not the text of one.
 * `checkpoint_foreign`: of another log. `seal_malformed`: what stands beside it is not what it says.
 * `seal_root_wrong`: the links beside it make another tree. `checkpoint_key_over`: by a key that signs no more.
 */
export class SealRefused extends AppError<
  | 'checkpoint_malformed'
  | 'checkpoint_foreign'
  | 'checkpoint_key_over'
  | 'seal_malformed'
  | 'seal_root_wrong'
> {}

/** Sequences that a stream does not have, from and to. */
export type Gap = readonly [from: number, to: number];

/** What is signed: the first three lines are C2SP tlog-checkpoint, the others its extension lines. */
export interface Checkpoint {
  /** Which log: `<name>/<STREAM>`. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** It speaks of the sequences from `first` to `last` that are not in a gap. */
  readonly first: number;
  readonly last: number;
  readonly gaps: readonly Gap[];
  /** The link of the last message before `first`. */
  readonly previous: Uint8Array;
  /** The link of the message at `last`. */
  readonly link: Uint8Array;
  /** RFC 3339, by the clock of audit. */
  readonly at: string;
  /** What stands for a message in its link: 1, the hash of its data; 2, of each of its lines. */
  readonly version: SealVersion;
}

export type SealVersion = 1 | 2;

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export const checkpointText = (checkpoint: Checkpoint): string =>
  [
    checkpoint.origin,
    checkpoint.size,
    encoded(checkpoint.root),
    `first ${checkpoint.first}`,
    `last ${checkpoint.last}`,
    `gaps ${gapsText(checkpoint.gaps)}`,
    `previous ${encoded(checkpoint.previous)}`,
    `link ${encoded(checkpoint.link)}`,
    `at ${checkpoint.at}`,
    ...(checkpoint.version === 1 ? [] : [`version ${checkpoint.version}`]),
    '',
  ].join('\n');

const gapsText = (gaps: readonly Gap[]): string =>
  gaps.length === 0 ? 'none' : gaps.map(([from, to]) => `${from}-${to}`).join(',');

const NUMBER = '(0|[1-9][0-9]{0,15})';
const HASH = '([A-Za-z0-9+/]{43}=)';
const TEXT = new RegExp(
  `^(\\S+)\n${NUMBER}\n${HASH}\nfirst ${NUMBER}\nlast ${NUMBER}\ngaps (none|[0-9,-]+)\nprevious ${HASH}\nlink ${HASH}\nat (\\S+)\n(version 2\n)?$`,
);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws SealRefused `checkpoint_malformed` */
export function parseCheckpoint(text: string): Checkpoint {
  const [
    ,
    origin = '',
    size,
    root = '',
    first,
    last,
    gaps = '',
    previous = '',
    link = '',
    at = '',
    version,
  ] = TEXT.exec(text) ?? [];
  const checkpoint = {
    origin,
    size: Number(size),
    root: hashOf(root),
    first: Number(first),
    last: Number(last),
    gaps: gapsOf(gaps),
    previous: hashOf(previous),
    link: hashOf(link),
    at,
    version: versionOf(version),
  };
  // The same text again: nothing of it was read in two ways.
  if (INSTANT.test(at) && checkpointText(checkpoint) === text) return checkpoint;
  throw new SealRefused('checkpoint_malformed', 'the note is not a checkpoint of a stream');
}

const versionOf = (line: string | undefined): SealVersion => (line === undefined ? 1 : 2);

function hashOf(text: string): Uint8Array {
  const bytes = base64(text);
  return bytes?.length === HASH_BYTES ? bytes : Buffer.alloc(HASH_BYTES);
}

const gapsOf = (text: string): readonly Gap[] =>
  text === 'none' || text === ''
    ? []
    : text.split(',').map((gap): Gap => {
        const [from, to] = gap.split('-');
        return [Number(from), Number(to)];
      });

/**
 * The checkpoint of a note that the key of its log signed.
 *
 * @throws NoteRefused, SealRefused `checkpoint_foreign` for one of another log, that cannot stand for this one
 */
export function openCheckpoint(note: string, log: Named<PublicKey>): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, log));
  if (checkpoint.origin === log.name) return checkpoint;
  throw new SealRefused(
    'checkpoint_foreign',
    `the checkpoint is of "${checkpoint.origin}", not of "${log.name}"`,
  );
}
