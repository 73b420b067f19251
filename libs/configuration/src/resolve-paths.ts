import { dirname, resolve } from 'node:path';
import type { ConnectionDocument, IssuerDocument } from '@drawbridge/contracts';
import type { Entry } from './entry.js';

type Credential = ConnectionDocument['spec']['credential'];

/** The document with its file paths made absolute, from the directory of the file that names them. */
export function resolveIssuer({ document, parsed }: Entry<IssuerDocument>): IssuerDocument {
  const { certificateAuthorityFile: file } = document.spec;
  if (file === undefined) return document;
  const certificateAuthorityFile = absolute(parsed.source.file, file);
  return { ...document, spec: { ...document.spec, certificateAuthorityFile } };
}

/** As {@link resolveIssuer}. */
export function resolveConnection({
  document,
  parsed,
}: Entry<ConnectionDocument>): ConnectionDocument {
  const { certificateAuthorityFile: file } = document.spec;
  const { file: from } = parsed.source;
  return {
    ...document,
    spec: {
      ...document.spec,
      credential: resolveCredential(document.spec.credential, from),
      ...(file !== undefined && { certificateAuthorityFile: absolute(from, file) }),
    },
  };
}

function resolveCredential(credential: Credential, from: string): Credential {
  switch (credential.type) {
    case 'bearerToken':
      return { ...credential, file: absolute(from, credential.file) };
    case 'clientCertificate':
      return {
        ...credential,
        certificateFile: absolute(from, credential.certificateFile),
        keyFile: absolute(from, credential.keyFile),
      };
    case 'bearerTokenFromEnvironment':
      return credential;
  }
}

function absolute(from: string, path: string): string {
  return resolve(dirname(from), path);
}
