export {
  startEmbeddedClickHouse,
  type EmbeddedClickHouse,
} from './clickhouse/start-embedded-clickhouse.js';
export {
  DEMO_DEVICE_CLIENT,
  demoPeople,
  type DemoAgent,
  type DemoHuman,
} from './oidc/demo-people.js';
export {
  startDemoIdentityProvider,
  type DemoIdentityProvider,
  type DemoIdentityProviderOptions,
} from './oidc/demo-identity-provider.js';
export {
  createCertificateAuthority,
  type CertificateAuthority,
  type KeyPair,
} from './tls/certificate-authority.js';
