/** One call as the cluster's own API server saw it: a row of the table `cluster_calls`. */
export interface ClusterCall {
  readonly connection: string;
  readonly audit_id: string;
  /** UTC, to the microsecond: with the id it tells one request from another, and not one from its own later stages. */
  readonly received_at: string;
  /** The later one of two is kept. */
  readonly stage: number;
  readonly user: string;
  readonly impersonated_user: string;
  readonly impersonated_command: string;
  readonly impersonated_grant: string;
  readonly verb: string;
  readonly api_group: string;
  readonly api_version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Without the query, in which secrets could stand. */
  readonly path: string;
  readonly dry_run: 0 | 1;
  /** A gateway made the id for this very call, which it makes for itself. */
  readonly is_own: 0 | 1;
  readonly status: number;
  readonly source_ips: readonly string[];
  readonly user_agent: string;
}

/** Whether the gateway is this user of a cluster; a pattern may end in `*`. */
export const isUserOf = (patterns: readonly string[], user: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? user.startsWith(pattern.slice(0, -1)) : user === pattern,
  );
