export {
  startEmbeddedClickHouse,
  type EmbeddedClickHouse,
} from './clickhouse/start-embedded-clickhouse.js';
export { ChildEnded, ChildWatch, type ChildWatchOptions } from './process/child-watch.js';
export {
  DEMO_DEVICE_CLIENT,
  DEMO_WEB_CLIENT,
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
export {
  EmbeddedNatsError,
  startEmbeddedNats,
  type EmbeddedNats,
  type EmbeddedNatsOptions,
} from './nats/start-embedded-nats.js';
export {
  SOCKET_MODE,
  startDemoSlack,
  type Click,
  type Command,
  type DemoSlack,
  type DemoSlackOptions,
  type Forgery,
  type Happening,
  type Submission,
} from './slack/demo-slack.js';
export type { DemoSlackUser } from './slack/demo-workspace.js';
export { Block as SlackBlock, View as SlackView } from './slack/block-kit.js';
export { messageProblems, viewProblems } from './slack/block-kit-limits.js';
export type { InteractionAnswer, SignedRequest } from './slack/signed-request.js';
export type { EphemeralMessage, Fault, FaultPlan } from './slack/slack-front.js';
export type { DemoSlackMessage, DemoSlackView } from './slack/slack-payloads.js';
export { nativeTool } from './native/native-tool.js';
export { repositoryRoot } from './native/repository-root.js';
export { freePort } from './net/free-port.js';
export {
  DemoAws,
  type AwsCall,
  type AwsCluster,
  type AwsFault,
  type AwsPrincipal,
  type AwsRole,
  type DemoAwsOptions,
} from './aws/demo-aws.js';
export { startDemoS3, type DemoS3 } from './aws/demo-s3.js';
export { EksAuthenticator, type AccessEntry, type ReviewedToken } from './aws/eks-authenticator.js';
export type { TrustPolicy } from './aws/trust-policy.js';
