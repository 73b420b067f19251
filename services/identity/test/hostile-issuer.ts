import 'reflect-metadata';
import { generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A key as issuers publish it. */
export const jwkOf = (key: KeyObject, extra: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  ...extra,
});
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const goodKey = jwkOf(rsa.publicKey, { kid: 'good', use: 'sig', alg: 'RS256' });

/** An issuer of which any answer can be replaced. */
export class HostileIssuer {
  /** Replaces the metadata document, in part or whole. */
  metadata: (honest: object) => unknown = (honest) => honest;
  /** Replaces the key set. */
  keys: unknown = { keys: [goodKey] };
  /** Takes over a path completely. */
  readonly takeovers = new Map<string, RequestListener>();
  readonly requested: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(tls?: {
    readonly key: string;
    readonly cert: string;
  }): Promise<HostileIssuer> {
    const server = tls === undefined ? createServer() : createTlsServer({ ...tls });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const hostile = new HostileIssuer(server, issuer);
    server.on('request', hostile.answer);
    return hostile;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer: RequestListener = (request, response) => {
    const path = request.url ?? '';
    this.requested.push(path);
    const takeover = this.takeovers.get(path);
    if (takeover !== undefined) {
      takeover(request, response);
      return;
    }
    const honest = { issuer: this.issuer, jwks_uri: `${this.issuer}/jwks` };
    const body = path === '/jwks' ? this.keys : this.metadata(honest);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };
}

/** A certificate for 127.0.0.1 and the authority that signed it. */
export async function privateAuthority(): Promise<{ ca: string; key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const usages: ['sign', 'verify'] = ['sign', 'verify'];
  const [caKeys, keys] = await Promise.all([
    webcrypto.subtle.generateKey(algorithm, true, usages),
    webcrypto.subtle.generateKey(algorithm, true, usages),
  ]);
  const validity = {
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=test authority',
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=127.0.0.1',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${exported.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { ca: ca.toString('pem'), key, cert: certificate.toString('pem') };
}
