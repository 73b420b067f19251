import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CliError } from '../cli-error.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';
import type { ProfilePaths } from './profile-paths.js';

/** The key of a profile that grants can be bound to. It never leaves this machine. */
export interface AgentKey {
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** SHA-256 of it, in base64url: what a grant names. */
  readonly thumbprint: string;
}

/**
 * The key of a profile; `undefined` when none was made.
 *
 * @throws CliError `profile_not_private`, `file_unreadable`
 */
export async function readAgentKey({ key: file }: ProfilePaths): Promise<AgentKey | undefined> {
  const text = await readPrivateFile(file);
  if (text === undefined) return undefined;
  try {
    return describe(createPrivateKey(text));
  } catch (cause) {
    throw new CliError('file_unreadable', `"${file}" holds no private key`, { cause });
  }
}

/** The key of a profile, made now if there is none: P-256, in a file that only its owner can read. */
export async function ownAgentKey(paths: ProfilePaths): Promise<AgentKey> {
  const known = await readAgentKey(paths);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writePrivateFile(paths.key, pemOf(privateKey));
  return describe(privateKey);
}

/** PKCS #8, PEM. */
export const pemOf = (key: KeyObject): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();

function describe(key: KeyObject): AgentKey {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { key, spki, thumbprint: createHash('sha256').update(spki).digest('base64url') };
}
