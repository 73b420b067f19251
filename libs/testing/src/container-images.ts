/** What the containers of tests are made of. NATS and ClickHouse as in docker-compose.yml. */
export const containerImages = {
  nats: 'nats:2.15.2-alpine',
  clickhouse: 'clickhouse/clickhouse-server:26.3',
  k3s: 'rancher/k3s:v1.34.2-k3s1',
} as const;
