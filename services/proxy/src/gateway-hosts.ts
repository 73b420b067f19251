import { ConfigurationError, type Located } from '@drawbridge/configuration';
import type { ConnectionDocument } from '@drawbridge/contracts';

/**
 * The host names under which the gateway is reached: its own, where the path names the connection, and those that
 * stand for one connection each.
 */
export class GatewayHosts {
  #byName: ReadonlyMap<string, string> = new Map();

  /** @param own - in lower case, without port */
  constructor(private readonly own: ReadonlySet<string>) {}

  /** @param host - in lower case, without port */
  has(host: string): boolean {
    return this.own.has(host) || this.#byName.has(host);
  }

  /** The connection that a host name stands for; `undefined` when the path says it. */
  connectionOf(host: string): string | undefined {
    return this.#byName.get(host);
  }

  /**
   * Takes the host names of a new configuration into use.
   *
   * @throws {@link ConfigurationError} when one of them is the gateway's own; nothing has changed then
   */
  replace(documents: readonly Located<ConnectionDocument>[]): void {
    const problems = documents.flatMap(({ source, spec: { hosts = [] } }) =>
      hosts
        .filter((host) => this.own.has(host))
        .map((host) => ({
          ...source,
          field: 'spec.hosts',
          message: `${host} is the gateway's own`,
        })),
    );
    if (problems.length > 0) throw new ConfigurationError(problems);
    this.#byName = new Map(
      documents.flatMap(({ metadata: { name }, spec: { hosts = [] } }) =>
        hosts.map((host): [string, string] => [host, name]),
      ),
    );
  }
}
