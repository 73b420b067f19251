import type { ClusterIdentity, ConnectionDocument } from '@drawbridge/contracts';
import type { Credential, CredentialHeaders } from '../credentials/credential.js';
import { Impersonation } from './impersonation.js';

/**
 * The credential of a connection as its calls use it: in mode `impersonate` every call carries who it is for.
 * Being a part of the credential, no kind of call can go without.
 */
export function impersonating(
  credential: Credential,
  identity: ClusterIdentity = { mode: 'gateway' },
): Credential {
  if (identity.mode === 'gateway') return credential;
  const impersonation = new Impersonation(identity);
  const tls = credential.tls?.bind(credential);
  const join = (own: CredentialHeaders, headers: readonly string[]) => [...own, ...headers];
  return {
    ...(tls !== undefined && { tls }),
    headers: (call) => {
      // First, so that a call which may not be sent costs no token either.
      const headers = impersonation.headers(call);
      const own = credential.headers(call);
      return own instanceof Promise
        ? own.then((ready) => join(ready, headers))
        : join(own, headers);
    },
    refused: (call) => credential.refused?.(call),
    grantEnded: (grantId) => credential.grantEnded?.(grantId),
    close: () => credential.close(),
  };
}

/** The connection for calls that the gateway makes for itself, with nothing of an agent on them. */
export function asGateway(document: ConnectionDocument): ConnectionDocument {
  return { ...document, spec: { ...document.spec, identity: { mode: 'gateway' } } };
}
