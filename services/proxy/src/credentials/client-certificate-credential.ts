import { ClientTlsPair } from './client-tls-pair.js';
import type { ClientTls, Credential, CredentialHeaders } from './credential.js';
import { orRefuse } from './credential-failure.js';
import { together, type Material } from './material.js';
import { Renewed } from './renewed.js';
import type { ReportFailure } from './report-failure.js';

const none: CredentialHeaders = [];

/** A client certificate and its key, each from a file, a variable or a Secret; replaced as a pair only. */
export class ClientCertificateCredential implements Credential {
  readonly #connection: string;
  readonly #pair: Renewed<ClientTlsPair>;

  constructor(
    connection: string,
    materials: { readonly certificate: Material; readonly key: Material },
    onFailure: ReportFailure,
  ) {
    const { certificate, key } = materials;
    const { usableMs, renewAfterMs, whileIdle, minAgeMs } = together([certificate, key]);
    this.#connection = connection;
    this.#pair = new Renewed({
      obtain: async (signal) => {
        const [cert, secret] = await Promise.all([certificate.read(signal), key.read(signal)]);
        return { value: new ClientTlsPair(cert, secret), usableMs, renewAfterMs };
      },
      same: (one, other) => one.equals(other),
      onFailure,
      whileIdle,
      minAgeMs,
      maxPauseMs: renewAfterMs,
    });
  }

  headers(): CredentialHeaders {
    return none;
  }

  tls(): ClientTls | Promise<ClientTls> {
    return orRefuse<ClientTls>(this.#pair.current(), this.#connection);
  }

  refused(): void {
    this.#pair.drop();
  }

  close(): Promise<void> {
    this.#pair.close();
    return Promise.resolve();
  }
}
