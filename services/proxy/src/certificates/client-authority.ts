import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '@drawbridge/kernel';

/** The authority for agents' certificates cannot be used. Names the files, never what is in them. */
export class ClientAuthorityError extends AppError<'client_authority_invalid'> {}

/** Who issues client certificates to agents; the listener believes no other. */
export interface ClientAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly key: KeyObject;
}

export interface AuthorityFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** @throws {@link ClientAuthorityError} */
export async function readClientAuthority(files: AuthorityFiles): Promise<ClientAuthority> {
  try {
    const certificate = await readFile(files.certFile, 'utf8');
    const key = createPrivateKey(await readFile(files.keyFile));
    const read = new X509Certificate(certificate);
    if (!read.ca) throw new TypeError('it is not the certificate of an authority');
    if (!read.checkPrivateKey(key)) throw new TypeError('the key is not that of the certificate');
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new TypeError('the key is not one of curve P-256');
    }
    return { certificate, key };
  } catch (cause) {
    throw new ClientAuthorityError(
      'client_authority_invalid',
      `expected a PEM certificate of an authority in ${files.certFile} and its P-256 key in ${files.keyFile}`,
      { cause },
    );
  }
}

/** SHA-256 of a public key as it stands in a certificate, in base64url: what a grant is bound to. */
export const keyThumbprint = (spki: Uint8Array): string =>
  createHash('sha256').update(spki).digest('base64url');
