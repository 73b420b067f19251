import { AppError } from '@drawbridge/kernel';
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
  readonly statement: string;
}

export interface NewKey {
  readonly name: string;
  readonly signer: Signer;
  readonly at: string;
  /** The key that signed until now, which must sign that this one follows it; absent for the first. */
  readonly before?: { readonly index: number; readonly signer: Signer };
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
    '',
  ].join('\n');
  const signers = before === undefined ? [signer] : [before.signer, signer];
  return signNote(
    text,
    signers.map((key) => ({ name: keysOrigin(name), key })),
  );
}

const TEXT = /^(\S+)\/keys\n(0|[1-9]\d{0,8})\nkey (\S+)\nprevious (\S+)\nat (\S+)\n$/;

interface Statement {
  readonly name: string;
  readonly key: LogKey;
  readonly previous: PublicKey | undefined;
}

/** What a statement says, checked with the keys that it names itself. */
function readStatement(note: string): Statement {
  const match = TEXT.exec(unverifiedText(note));
  if (match === null) throw malformed();
  const [, name = '', index, own = '', before = '', from = ''] = match;
  const key = keyIn(own, name);
  const previous = before === 'none' ? undefined : keyIn(before, name);
  for (const signer of previous === undefined ? [key] : [previous, key]) {
    openNote(note, { name: keysOrigin(name), key: signer });
  }
  return { name, key: { index: Number(index), key, from, statement: note }, previous };
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
 * Opens something with the key that signed it. Keys only move on: what was signed by an older key than something before
 * it is refused, since an old key may have been lost to somebody.
 */
export class KeyRing {
  #index = 0;

  constructor(private readonly chain: KeyChain) {}

  /** @throws what `open` throws; of a key that is over, NoteRefused `note_unsigned` */
  open<Opened>(open: (key: PublicKey) => Opened): Opened {
    let unsigned: NoteRefused | undefined;
    for (const { key, index } of this.chain.keys.slice(this.#index)) {
      try {
        const opened = open(key);
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
