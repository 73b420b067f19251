import type { ClusterEndpoint, Endpoint } from './cluster-endpoint.js';
import { orRefuse } from './credential-failure.js';
import { readText } from './material.js';
import { Renewed } from './renewed.js';
import type { ReportFailure } from './report-failure.js';

/** How often the file of a certificate authority is read again, and for how long one that is gone is not missed. */
const RENEW_MS = 5_000;
const USABLE_MS = 60_000;

export interface ConfiguredEndpointOptions {
  readonly connection: string;
  readonly server: URL;
  /** PEM. Absent: the system roots. */
  readonly certificateAuthorityFile: string | undefined;
  readonly onFailure: ReportFailure;
}

/** A server that the configuration names, with the authority that stands in a file, which may be replaced. */
export class ConfiguredEndpoint implements ClusterEndpoint {
  readonly #connection: string;
  readonly #endpoint: Renewed<Endpoint>;

  constructor({
    connection,
    server,
    certificateAuthorityFile: file,
    onFailure,
  }: ConfiguredEndpointOptions) {
    this.#connection = connection;
    const times =
      file === undefined
        ? { usableMs: Infinity, renewAfterMs: Infinity }
        : { usableMs: USABLE_MS, renewAfterMs: RENEW_MS };
    this.#endpoint = new Renewed({
      obtain: async () => {
        const certificateAuthority = file === undefined ? undefined : await readText(file);
        return { value: { server, certificateAuthority }, ...times };
      },
      same: sameEndpoint,
      onFailure,
      maxPauseMs: RENEW_MS,
    });
  }

  current(): Endpoint | Promise<Endpoint> {
    return orRefuse(this.#endpoint.current(), this.#connection);
  }

  close(): Promise<void> {
    this.#endpoint.close();
    return Promise.resolve();
  }
}

export const sameEndpoint = (one: Endpoint, other: Endpoint): boolean =>
  one.server.href === other.server.href && one.certificateAuthority === other.certificateAuthority;
