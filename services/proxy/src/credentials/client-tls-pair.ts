import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ClientTls } from './credential.js';
import { CredentialFailure } from './credential-failure.js';

/** A certificate with its key, which shows neither to whoever prints it. */
export class ClientTlsPair implements ClientTls {
  readonly #cert: string;
  readonly #key: string;

  /** @throws {@link CredentialFailure} for what is no pair, such as one of which only one half was replaced */
  constructor(cert: string, key: string) {
    checkPair(cert, key);
    this.#cert = cert;
    this.#key = key;
  }

  get cert(): string {
    return this.#cert;
  }

  get key(): string {
    return this.#key;
  }

  /** When the certificate ends, on the clock of whoever reads it. */
  get endsAt(): Date {
    return new X509Certificate(this.#cert).validToDate;
  }

  equals(other: ClientTlsPair): boolean {
    return this.#cert === other.#cert && this.#key === other.#key;
  }
}

function checkPair(cert: string, key: string): void {
  const belongs = (() => {
    try {
      return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    } catch {
      // What Node says of PEM that it cannot read may quote it.
      return false;
    }
  })();
  if (!belongs) throw new CredentialFailure('expected a PEM certificate and its own PEM key');
}
