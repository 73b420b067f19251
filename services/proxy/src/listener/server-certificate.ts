import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { LoggerService } from '@nestjs/common';
import { AppError } from '@drawbridge/kernel';
import { tlsTerms } from './tls-terms.js';

const LOOK_MS = 2_000;

/** The gateway's own TLS files cannot be used. Names the files, never what is in them. */
export class ServerCertificateError extends AppError<'server_certificate_invalid'> {}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM certificate chain and key. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the certificate chain and its key, and checks that they belong together.
 *
 * @throws {@link ServerCertificateError}
 */
export async function readServerCertificate(files: CertificateFiles): Promise<ServerCertificate> {
  try {
    const [cert, key] = await Promise.all([
      readFile(files.certFile, 'utf8'),
      readFile(files.keyFile, 'utf8'),
    ]);
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new TypeError('the key is not that of the certificate');
    }
    return { cert, key };
  } catch (cause) {
    throw new ServerCertificateError(
      'server_certificate_invalid',
      `expected a PEM certificate in ${files.certFile} and its key in ${files.keyFile}`,
      { cause },
    );
  }
}

export interface FollowedCertificate {
  readonly files: CertificateFiles;
  /** What the server uses now. */
  readonly certificate: ServerCertificate;
  /** PEM of the authority whose client certificates are believed. */
  readonly clientAuthority?: string;
  readonly logger: LoggerService;
}

/**
 * Gives the server its renewed certificate without interrupting anybody. A pair that does not fit, as in the
 * middle of a renewal, is left alone until it does.
 *
 * @returns the function that stops it
 */
export function followServerCertificate(
  server: Server,
  { files, certificate, clientAuthority: ca, logger }: FollowedCertificate,
): () => void {
  let current = certificate.cert;
  const look = async () => {
    const { cert, key } = await readServerCertificate(files);
    if (cert === current) return;
    current = cert;
    // A new context would have ticket keys of its own, and no session could be resumed.
    const kept = { ticketKeys: server.getTicketKeys(), ...(ca !== undefined && { ca }) };
    server.setSecureContext({ ...tlsTerms, cert, key, ...kept });
    logger.log({ msg: 'TLS certificate renewed' });
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      logger.warn({ msg: 'TLS certificate not renewed', err: error });
    });
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
