import type { CredentialOfType } from '@drawbridge/contracts';
import type { ClientTlsPair } from './client-tls-pair.js';
import type { ClientTls, Credential, CredentialHeaders } from './credential.js';
import { CredentialFailure, orRefuse } from './credential-failure.js';
import type { ClusterEndpoint } from './cluster-endpoint.js';
import { readExecOutput, type ExecCredential } from './exec-output.js';
import type { Environment } from './material.js';
import { Renewed, type Obtained } from './renewed.js';
import type { ReportFailure } from './report-failure.js';
import { runPlugin } from './run-plugin.js';

export interface ExecCredentialOptions {
  readonly connection: string;
  readonly spec: CredentialOfType<'exec'>;
  readonly environment: Environment;
  readonly endpoint: ClusterEndpoint;
  readonly tlsServerName: string | undefined;
  readonly onFailure: ReportFailure;
}

/** What every program needs to run. */
const basicVariables = ['PATH', 'HOME'];

/**
 * A credential plugin of client-go, as kubectl runs it, but that it is never interactive and sees only the
 * environment that the configuration gives it. Kept until it expires or the cluster refuses it.
 */
export class ExecPluginCredential implements Credential {
  readonly #options: ExecCredentialOptions;
  readonly #credential: Renewed<ExecCredential>;
  #tls: ClientTlsPair | undefined;

  constructor(options: ExecCredentialOptions) {
    this.#options = options;
    this.#credential = new Renewed({
      obtain: (signal) => this.#run(signal),
      onFailure: options.onFailure,
      whileIdle: true,
    });
  }

  headers(): CredentialHeaders | Promise<CredentialHeaders> {
    const current = this.#credential.current();
    if (!(current instanceof Promise)) return current.headers;
    return orRefuse(
      current.then(({ headers }) => headers),
      this.#options.connection,
    );
  }

  tls(): ClientTls | undefined | Promise<ClientTls | undefined> {
    const current = this.#credential.current();
    if (!(current instanceof Promise)) return current.tls;
    return orRefuse<ClientTls | undefined>(
      current.then(({ tls }) => tls),
      this.#options.connection,
    );
  }

  refused(): void {
    this.#credential.drop();
  }

  close(): Promise<void> {
    this.#credential.close();
    return Promise.resolve();
  }

  async #run(signal: AbortSignal): Promise<Obtained<ExecCredential>> {
    const { spec } = this.#options;
    const run = {
      command: spec.command,
      args: spec.args,
      environment: { ...this.#environment(), KUBERNETES_EXEC_INFO: await this.#execInfo() },
      timeoutMs: spec.timeoutSeconds * 1_000,
    };
    const given = readExecOutput(await runPlugin(run, signal), spec.apiVersion);
    const value = { ...given, tls: this.#samePair(given.tls) };
    return { value, ...lifeOf(value, Date.now()) };
  }

  /** The pair of before when it is given again: another object would mean new connections. */
  #samePair(tls: ClientTlsPair | undefined): ClientTlsPair | undefined {
    const before = this.#tls;
    if (before === undefined || tls?.equals(before) !== true) this.#tls = tls;
    return this.#tls;
  }

  #environment(): Record<string, string> {
    const { spec, environment } = this.#options;
    const inherited = [...basicVariables, ...spec.inheritEnv].flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    });
    const own = spec.env.map(({ name, value }) => [name, value]);
    return Object.fromEntries([...inherited, ...own]) as Record<string, string>;
  }

  async #execInfo(): Promise<string> {
    const { spec } = this.#options;
    const cluster = spec.provideClusterInfo ? { cluster: await this.#clusterInfo() } : {};
    const { apiVersion } = spec;
    return JSON.stringify({
      apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...cluster },
    });
  }

  async #clusterInfo(): Promise<object> {
    const { endpoint, tlsServerName } = this.#options;
    const { server, certificateAuthority } = await endpoint.current();
    return {
      server: server.href.replace(/\/$/, ''),
      ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
      ...(certificateAuthority !== undefined && {
        'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
      }),
    };
  }
}

/** Renewed when three quarters of it are over; not used in the last tenth, or the last minute if that is less. */
export function lifeOf(
  { tls, expiresAt }: Pick<ExecCredential, 'tls' | 'expiresAt'>,
  now: number,
): { usableMs: number; renewAfterMs: number } {
  const end = Math.min(
    expiresAt?.getTime() ?? Infinity,
    tls === undefined ? Infinity : tls.endsAt.getTime(),
  );
  const lifeMs = end - now;
  if (lifeMs <= 0) throw new CredentialFailure('the plugin gave a credential that has expired');
  if (lifeMs === Infinity) return { usableMs: Infinity, renewAfterMs: Infinity };
  return { usableMs: lifeMs - Math.min(60_000, lifeMs / 10), renewAfterMs: lifeMs * 0.75 };
}
