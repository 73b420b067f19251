import { readFile } from 'node:fs/promises';
import { CliError } from '../cli-error.js';

export type Fetch = typeof fetch;

/**
 * `fetch` that trusts the certificate authorities of the system, and those of a file when one is given.
 *
 * @throws CliError `file_unreadable`
 */
export async function httpFetch(certificateAuthorityFile: string | undefined): Promise<Fetch> {
  if (certificateAuthorityFile === undefined) return fetch;
  const authority = await readFile(certificateAuthorityFile, 'utf8').catch((cause: unknown) => {
    const message = `--certificate-authority: "${certificateAuthorityFile}" cannot be read`;
    throw new CliError('file_unreadable', message, { cause });
  });
  const [{ Agent, fetch: undiciFetch }, { rootCertificates }] = await Promise.all([
    import('undici'),
    import('node:tls'),
  ]);
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, authority] } });
  const withAuthority: unknown = (input: string | URL, init: object) =>
    undiciFetch(input, { ...init, dispatcher });
  return withAuthority as Fetch;
}
