import { CliError } from '../cli-error.js';
import type { Session } from '../session.js';

/** The issuer that is meant where people name none: the only one. */
export async function onlyIssuer(session: Pick<Session, 'discovery'>): Promise<string> {
  const { issuers } = await session.discovery();
  const [only, ...others] = issuers;
  if (only !== undefined && others.length === 0) return only.issuer;
  const names = issuers.map(({ issuer }) => issuer).join(', ');
  throw new CliError('usage_invalid', `--issuer is needed: there are ${names}`);
}
