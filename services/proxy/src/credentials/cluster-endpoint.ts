/** Where a cluster's API server is and by whom its certificate is issued. */
export interface Endpoint {
  /** `https`; calls go below its path. */
  readonly server: URL;
  /** PEM. Absent: the system roots. */
  readonly certificateAuthority: string | undefined;
}

/**
 * Finds the API server of one cluster: configured, that of the cluster we run in, or looked up by name. Never
 * from anything that a caller sent.
 */
export interface ClusterEndpoint {
  /**
   * Without a promise when it is in memory and fresh, which is the rule. A changed object means: new connections
   * from now on.
   *
   * @throws {@link CallRefused} `credential_unavailable`
   */
  current(): Endpoint | Promise<Endpoint>;
  close(): Promise<void>;
}
