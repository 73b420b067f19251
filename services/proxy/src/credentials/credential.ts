import type { Principal } from '@drawbridge/contracts';

/** On whose behalf a call goes upstream: what credentials may name in session tags, impersonation and bindings. */
export interface CallIdentity {
  readonly agent: Principal;
  readonly grantId: string;
  readonly accessRequestId: string;
  /** Also the `Audit-ID` of the call. */
  readonly commandId: string;
  readonly grantEndsAtMs: number;
}

/** name, value, name, value, … */
export type CredentialHeaders = readonly string[];

/**
 * PEM for the TLS connection to the cluster. A changed object means: new connections from now on. Read its
 * properties by name: it shows nothing to whoever prints, copies or spreads it.
 */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
}

/**
 * What authenticates the gateway to one cluster. Renewed ahead of its end, single-flight, by whoever asks and in
 * the background; never in a log, an error or a property that a log would print.
 */
export interface Credential {
  /**
   * The headers of one call. Without a promise when they are in memory and fresh, which is the rule.
   *
   * @throws {@link CallRefused} `credential_unavailable`, with what failed as cause, never a secret in it
   */
  headers(identity: CallIdentity): CredentialHeaders | Promise<CredentialHeaders>;
  /** The client certificate, when that is how it authenticates. @throws as `headers` */
  tls?(): ClientTls | undefined | Promise<ClientTls | undefined>;
  /** The cluster answered 401: what is cached is not used again. */
  refused?(identity: CallIdentity): void;
  /** What was kept for this grant is not needed any more. The end of a grant by the clock it sees by itself. */
  grantEnded?(grantId: string): void;
  close(): Promise<void>;
}
