import { statSync } from 'node:fs';
import { NoteRefused, signerOf, type Signer } from '@drawbridge/integrity';
import { ConfigInvalid, readSecretFile } from '@drawbridge/runtime';
import type { AuditConfig } from '../config.js';

export interface SigningKeys {
  /** What the name of every log begins with. */
  readonly name: string;
  readonly current: Signer;
  /** Keys that signed before, which may name the current one as the next. */
  readonly previous: readonly Signer[];
}

type KeyConfig = Pick<
  AuditConfig,
  'AUDIT_LOG_NAME' | 'AUDIT_SIGNING_KEY_FILE' | 'AUDIT_PREVIOUS_KEY_FILES'
>;

const OTHERS = 0o007;

/**
 * The keys of the configuration, or `undefined` when checkpoints are not to be signed here.
 *
 * @throws ConfigInvalid also for a key that every user of the machine can read; never with anything of a key
 */
export function signingKeysOf(config: KeyConfig): SigningKeys | undefined {
  const { AUDIT_SIGNING_KEY_FILE: file, AUDIT_PREVIOUS_KEY_FILES: previous = [] } = config;
  if (file === undefined) return undefined;
  return {
    name: config.AUDIT_LOG_NAME,
    current: readSigner('AUDIT_SIGNING_KEY_FILE', file),
    previous: previous.map((path) => readSigner('AUDIT_PREVIOUS_KEY_FILES', path)),
  };
}

function readSigner(variable: string, file: string): Signer {
  const pem = readSecretFile(variable, file);
  const problem = (message: string) => new ConfigInvalid([{ variable, message }]);
  if ((statSync(file).mode & OTHERS) !== 0) {
    throw problem(`the file "${file}" can be read or written by others: chmod 600 it`);
  }
  try {
    return signerOf(pem);
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error;
    throw problem(`the file "${file}" holds no Ed25519 private key in PKCS#8 PEM`);
  }
}
