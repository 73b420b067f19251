import type { TLSSocket } from 'node:tls';
import { keyThumbprint } from '../certificates/client-authority.js';

/**
 * Thumbprint of the key that a client has shown in its handshake, with a certificate of the gateway's own authority;
 * `undefined` without one. Also of a session that was resumed, by whichever worker: the ticket holds the certificate.
 *
 * That a certificate has run out matters nothing here: the grant that it is for ends by itself.
 */
export function shownKey(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return keyThumbprint(certificate.publicKey.export({ type: 'spki', format: 'der' }));
}
