import { createHash, timingSafeEqual } from 'node:crypto';
import type { ConnectionDocument } from '@drawbridge/contracts';

/** Compared with for connections that do not exist, so that time does not tell which do. */
const nobody = Buffer.alloc(32);

/** The tokens of all connectors, as far as the configuration tells: their digests. */
export class ConnectorTokens {
  #digests: ReadonlyMap<string, readonly Buffer[]> = new Map();

  replace(documents: readonly ConnectionDocument[]): void {
    this.#digests = new Map(
      documents.flatMap(({ metadata: { name }, spec: { connector } }) =>
        connector === undefined
          ? []
          : [[name, connector.tokenDigests.map((digest) => Buffer.from(digest.slice(7), 'hex'))]],
      ),
    );
  }

  /** @returns the digest of the token, in hex, when it may serve this connection */
  accept(connection: string, token: string): string | undefined {
    const given = createHash('sha256').update(token).digest();
    const accepted = this.#digests.get(connection) ?? [];
    let found = false;
    for (const digest of [...accepted, nobody]) {
      if (timingSafeEqual(given, digest)) found = true;
    }
    return found ? given.toString('hex') : undefined;
  }

  /** Whether a token that was accepted once still is. */
  accepts(connection: string, digest: string): boolean {
    const accepted = this.#digests.get(connection) ?? [];
    return accepted.some((each) => each.toString('hex') === digest);
  }
}
