import type { JetStreamConnection } from '@drawbridge/jetstream';
import type { Trust } from '../oidc/trust.js';

/**
 * Core NATS subject on which a verifier that met an unknown key asks for newer keys. The request is empty;
 * the answer is `{"revision": <of the newest bundle>}`, given when the issuers have been asked. How often they
 * are asked is limited by `Trust`, so callers cannot flood an issuer through us.
 */
export const TRUST_REFRESH_SUBJECT = 'drawbridge.trust.refresh';

/** Answers until the returned function is called. One replica answers each request. */
export function answerTrustRefresh(connection: JetStreamConnection, trust: Trust): () => void {
  const subscription = connection.nats.subscribe(TRUST_REFRESH_SUBJECT, {
    queue: 'identity',
    callback: (error, message) => {
      if (error !== null) return;
      void trust.refresh().then(() => {
        message.respond(JSON.stringify({ revision: trust.bundle?.revision ?? 0 }));
      });
    },
  });
  return () => subscription.unsubscribe();
}
