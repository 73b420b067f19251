/** The API server: the one address that a connector ever connects to. */
export interface ClusterAddress {
  readonly host: string;
  readonly port: number;
}
