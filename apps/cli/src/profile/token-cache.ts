import { removePrivateFile, readPrivateFile, writePrivateFile } from './private-file.js';
import type { ProfilePaths } from './profile-paths.js';

/** Tokens of a profile between two calls. Kept free of parsers: `drawbridge credential` must start fast. */
export interface CachedToken {
  readonly accessToken: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  readonly refreshToken?: string;
}

/** A call begun with a token must end before the token does. */
export const MARGIN_MS = 30_000;

/** What is cached, usable or not; a file that cannot be understood counts as none. */
export async function readToken({ token }: ProfilePaths): Promise<CachedToken | undefined> {
  const text = await readPrivateFile(token);
  return text === undefined ? undefined : parse(text);
}

export const writeToken = (paths: ProfilePaths, token: CachedToken): Promise<void> =>
  writePrivateFile(paths.token, `${JSON.stringify(token)}\n`);

export const forgetToken = (paths: ProfilePaths): Promise<boolean> =>
  removePrivateFile(paths.token);

/** Whether a token still serves for a call that begins now. */
export const isFresh = ({ expiresAt }: CachedToken, now: Date): boolean =>
  new Date(expiresAt).getTime() - MARGIN_MS > now.getTime();

function parse(text: string): CachedToken | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isToken(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isToken = (value: unknown): value is CachedToken =>
  typeof value === 'object' &&
  value !== null &&
  'accessToken' in value &&
  typeof value.accessToken === 'string' &&
  'expiresAt' in value &&
  typeof value.expiresAt === 'string' &&
  (!('refreshToken' in value) || typeof value.refreshToken === 'string');
