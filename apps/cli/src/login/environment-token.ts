import type { Terminal } from '../terminal.js';
import { readSecret } from './client-secret.js';

/** A token that the environment brings; it goes before every login. Read anew at each call. */
export async function environmentToken({
  env,
}: Pick<Terminal, 'env'>): Promise<string | undefined> {
  const token = env['DRAWBRIDGE_TOKEN'];
  if (token !== undefined && token !== '') return token;
  const file = env['DRAWBRIDGE_TOKEN_FILE'];
  if (file === undefined || file === '') return undefined;
  return readSecret(file, 'DRAWBRIDGE_TOKEN_FILE');
}

/** Whether {@link environmentToken} would bring one. */
export const hasEnvironmentToken = ({ env }: Pick<Terminal, 'env'>): boolean =>
  Boolean(env['DRAWBRIDGE_TOKEN']) || Boolean(env['DRAWBRIDGE_TOKEN_FILE']);
