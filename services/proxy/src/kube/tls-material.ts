import { readFile } from 'node:fs/promises';
import type { ConnectionDocument } from '@drawbridge/contracts';

/** What a TLS connection to one cluster needs, as PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the files that a connection names; whoever replaces them replaces the connections made with them. */
export async function readTlsMaterial(spec: ConnectionDocument['spec']): Promise<TlsMaterial> {
  const { certificateAuthorityFile, credential } = spec;
  const read = (file: string) => readFile(file, 'utf8');
  return {
    ...(certificateAuthorityFile !== undefined && { ca: await read(certificateAuthorityFile) }),
    ...(credential.type === 'clientCertificate' && {
      cert: await read(credential.certificate.file ?? ''),
      key: await read(credential.key.file ?? ''),
    }),
  };
}

export function sameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}
