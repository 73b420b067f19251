import { TRUST_REFRESH_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Trust } from '../oidc/trust.js';

/**
 * Answers on {@link TRUST_REFRESH_SUBJECT} until the returned function is called; one replica answers each request.
 * How often issuers are asked is limited by `Trust`, so callers cannot flood an issuer through us.
 */
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
