import type { Credential, CredentialHeaders } from './credential.js';
import { CredentialFailure, orRefuse } from './credential-failure.js';
import type { Material } from './material.js';
import { Renewed } from './renewed.js';
import type { ReportFailure } from './report-failure.js';

/** A bearer token from a file, a variable or a Secret; a service account's projected token too. */
export class BearerTokenCredential implements Credential {
  readonly #connection: string;
  readonly #headers: Renewed<CredentialHeaders>;

  constructor(connection: string, material: Material, onFailure: ReportFailure) {
    const { usableMs, renewAfterMs, whileIdle, minAgeMs } = material;
    this.#connection = connection;
    this.#headers = new Renewed({
      obtain: async (signal) => {
        const value = bearerHeaders(await material.read(signal));
        return { value, usableMs, renewAfterMs };
      },
      onFailure,
      whileIdle,
      minAgeMs,
      maxPauseMs: renewAfterMs,
    });
  }

  headers(): CredentialHeaders | Promise<CredentialHeaders> {
    return orRefuse(this.#headers.current(), this.#connection);
  }

  refused(): void {
    this.#headers.drop();
  }

  close(): Promise<void> {
    this.#headers.close();
    return Promise.resolve();
  }
}

/**
 * @throws {@link CredentialFailure} for what is no token, so that a wrong file can neither inject a header nor
 *   show up in an error
 */
export function bearerHeaders(text: string): CredentialHeaders {
  const token = text.trim();
  if (!/^[\w.~+/=-]+$/.test(token)) throw new CredentialFailure('expected a bearer token');
  return ['authorization', `Bearer ${token}`];
}
