import { AppError } from '@drawbridge/kernel';
import { SealRefused, type Checkpoint } from './checkpoint.js';
import {
  NoteRefused,
  openNote,
  parseVerifierKey,
  signNote,
  unverifiedText,
  verifierKey,
  type PublicKey,
  type Signer,
} from './note.js';

/**
 * Statements about keys that do not make a chain. `key_statement_malformed`: not one. `key_chain_broken`: a key was not
 * named by the one before it. `key_untrusted`: the key that is trusted is none of them.
 */
export class KeyChainRefused extends AppError<
  'key_statement_malformed' | 'key_chain_broken' | 'key_untrusted'
> {}

/** One key and from when on it signs. */
export interface LogKey {
  /** From 0. */
  readonly index: number;
  readonly key: PublicKey;
  readonly from: string;
  /** What the keys before it had sealed when it began; absent of the first, and of statements of an older version. */
  readonly ended?: LogSizes;
  readonly statement: string;
}

/** How many leaves the tree of each stream has; `Infinity` when that could not be read. A stream that is not there: 0. */
export type LogSizes = ReadonlyMap<string, number>;

export interface NewKey {
  readonly name: string;
  readonly signer: Signer;
  readonly at: string;
  /** The key that signed until now, which must sign that this one follows it; absent for the first. */
  readonly before?: {
    readonly index: number;
    readonly signer: Signer;
    readonly ended: LogSizes;
  };
}

const keysOrigin = (name: string): string => `${name}/keys`;

/**
 * Says which key signs from now on: a note of the key before it, and of itself, so that nobody can claim the key of
 * another.
 */
export function keyStatement({ name, signer, at, before }: NewKey): string {
  const previous = before === undefined ? 'none' : verifierKey(name, before.signer.publicKey);
  const text = [
    keysOrigin(name),
    before === undefined ? 0 : before.index + 1,
    `key ${verifierKey(name, signer.publicKey)}`,
    `previous ${previous}`,
    `at ${at}`,
    ...(before === undefined ? [] : [`ended ${endedText(before.ended)}`]),
    '',
  ].join('\n');
  const signers = before === undefined ? [signer] : [before.signer, signer];
  return signNote(
    text,
    signers.map((key) => ({ name: keysOrigin(name), key })),
  );
}

const endedText = (ended: LogSizes): string =>
  [...ended].map(([stream, size]) => `${stream}:${size === Infinity ? 'any' : size}`).join(',') ||
  'none';

const SIZE = '[A-Z]+:(?:any|0|[1-9]\\d{0,15})';
const TEXT = new RegExp(
  `^(\\S+)/keys\n(0|[1-9]\\d{0,8})\nkey (\\S+)\nprevious (\\S+)\nat (\\S+)\n(?:ended (none|${SIZE}(?:,${SIZE})*)\n)?$`,
);

function sizesOf(text: string): LogSizes {
  if (text === 'none') return new Map();
  const sizes = text.split(',').map((one) => one.split(':') as [string, string]);
  return new Map(sizes.map(([stream, size]) => [stream, size === 'any' ? Infinity : Number(size)]));
}

interface Statement {
  readonly name: string;
  readonly key: LogKey;
  readonly previous: PublicKey | undefined;
}

/** What a statement says, checked with the keys that it names itself. */
function readStatement(note: string): Statement {
  const match = TEXT.exec(unverifiedText(note));
  if (match === null) throw malformed();
  const [, name = '', index, own = '', before = '', from = '', ended] = match;
  const key = keyIn(own, name);
  const previous = before === 'none' ? undefined : keyIn(before, name);
  for (const signer of previous === undefined ? [key] : [previous, key]) {
    openNote(note, { name: keysOrigin(name), key: signer });
  }
  const told = ended === undefined ? {} : { ended: sizesOf(ended) };
  return { name, key: { index: Number(index), key, from, ...told, statement: note }, previous };
}

function keyIn(text: string, name: string): PublicKey {
  const parsed = parseVerifierKey(text);
  if (parsed.name === name) return parsed.key;
  throw malformed();
}

const malformed = () =>
  new KeyChainRefused('key_statement_malformed', 'this is not a statement about a signing key');

export interface KeyChain {
  readonly name: string;
  /** The oldest first. */
  readonly keys: readonly LogKey[];
}

/**
 * The keys of a log, of which each was named by the one before it. With any one of them trusted, all are: the older ones
 * because each key also signs which one it follows.
 *
 * @param trusted - absent to believe whatever the statements say, as one must at first sight
 * @throws KeyChainRefused, NoteRefused
 */
export function openKeyChain(statements: readonly string[], trusted?: PublicKey): KeyChain {
  const read = statements.map(readStatement);
  const [first] = read;
  if (first === undefined) throw broken('there is no statement about a signing key');
  let before: PublicKey | undefined;
  for (const [index, { name, key, previous }] of read.entries()) {
    const isNext = key.index === index && name === first.name && isSame(previous, before);
    if (!isNext) throw broken(`statement ${index} does not follow the one before it`);
    before = key.key;
  }
  const keys = read.map(({ key }) => key);
  if (trusted === undefined || keys.some(({ key }) => isSame(key, trusted))) {
    return { name: first.name, keys };
  }
  throw new KeyChainRefused('key_untrusted', 'the key that is trusted never signed this log');
}

const isSame = (one: PublicKey | undefined, other: PublicKey | undefined): boolean =>
  one === undefined || other === undefined
    ? one === other
    : Buffer.from(one).equals(Buffer.from(other));

const broken = (text: string) => new KeyChainRefused('key_chain_broken', text);

/**
 * A key signs nothing any more once the next one is named, which says what was sealed until then: an old key may have been
 * lost to somebody, who could go on with a stream that the new one has not sealed yet.
 *
 * @throws SealRefused `checkpoint_key_over`
 */
export function requireInTime(
  { name, keys }: KeyChain,
  index: number,
  { origin, size }: Pick<Checkpoint, 'origin' | 'size'>,
): void {
  const stream = origin.slice(name.length + 1);
  for (const { ended } of keys.slice(index + 1)) {
    if (ended === undefined || size <= (ended.get(stream) ?? 0)) continue;
    throw new SealRefused(
      'checkpoint_key_over',
      `the checkpoint of size ${size} is signed by a key that was over at size ${ended.get(stream) ?? 0}`,
    );
  }
}

/**
 * Opens something with the key that signed it. Keys only move on: what was signed by an older key than something before
 * it is refused.
 */
export class KeyRing {
  #index = 0;

  constructor(private readonly chain: KeyChain) {}

  /**
   * @throws what `open` throws; of a key that is over, NoteRefused `note_unsigned` or SealRefused
   *   `checkpoint_key_over`
   */
  open<Opened extends WithCheckpoint>(open: (key: PublicKey) => Opened): Opened {
    let unsigned: NoteRefused | undefined;
    for (const { key, index } of this.chain.keys.slice(this.#index)) {
      try {
        const opened = open(key);
        requireInTime(this.chain, index, opened.checkpoint);
        this.#index = index;
        return opened;
      } catch (error) {
        if (!(error instanceof NoteRefused) || error.code !== 'note_unsigned') throw error;
        unsigned = error;
      }
    }
    throw unsigned ?? broken('there is no key');
  }
}

interface WithCheckpoint {
  readonly checkpoint: Pick<Checkpoint, 'origin' | 'size'>;
}
