import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  demoPeople,
  type DemoSlack,
  repositoryRoot,
  startDemoIdentityProvider,
  startDemoSlack,
} from '@drawbridge/embedded';
import { closeOnFailure, type Closers } from '@drawbridge/runtime';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { DEMO_AUDIENCE, writeDemoConfiguration } from '../demo-configuration.js';
import { demoManifests } from '../demo-manifests.js';
import { startHealthServer } from './health-server.js';
import { writeServerSecrets } from './server-secrets.js';
import { startTlsFront } from './tls-front.js';
import { Volumes } from './volumes.js';

export interface ComposeStandInOptions {
  /** Directory in which every volume is mounted under its name. */
  readonly volumes: string;
  /** How other containers call this one; a name that resolves to it here, too. */
  readonly host: string;
  /** Where other containers and people outside reach the identity provider: one name for both. */
  readonly issuer: string;
  /** Name under which agents reach the gateway. */
  readonly gatewayHost: string;
  /** Where browsers reach approval. */
  readonly approvals: string;
  readonly ports: {
    readonly identityProvider: number;
    readonly slack: number;
    readonly cluster: number;
    readonly health: number;
  };
  /** Where the proxy sees its volume. */
  readonly secretsSeenAt: string;
}

export interface ComposeStandIns {
  readonly cluster: SandboxCluster;
  readonly slack: DemoSlack;
  /** The address of the Slack stand-in. */
  readonly slackApiUrl: string;
  /** Port that the health check asks. */
  readonly healthPort: number;
  close(): Promise<void>;
}

/**
 * Starts what a deployment would bring along (identity provider, Slack, a cluster) for the containers of
 * docker-compose.yml, and writes to their volumes what each must know: configuration, certificates, secrets.
 * Resolves when the other containers can start.
 */
export async function startComposeStandIns(
  options: ComposeStandInOptions,
): Promise<ComposeStandIns> {
  return closeOnFailure(async (closers) => {
    const volumes = new Volumes(options.volumes);
    writeServerSecrets(volumes);
    const started = await startParts(options, closers);
    await configure(volumes, options, started);
    const health = await startHealthServer(options.ports.health);
    closers.add(() => health.close());
    const { cluster, slack, slackApiUrl } = started;
    return { cluster, slack, slackApiUrl, healthPort: health.port, close: () => closers.close() };
  });
}

interface Started {
  readonly authority: CertificateAuthority;
  readonly cluster: SandboxCluster;
  readonly slack: DemoSlack;
  readonly slackApiUrl: string;
}

async function startParts(options: ComposeStandInOptions, closers: Closers): Promise<Started> {
  const authority = await createCertificateAuthority('Drawbridge compose CA');
  const certificate = await authority.issueServer([new URL(options.issuer).hostname, options.host]);
  const identityProvider = await startDemoIdentityProvider({
    host: EVERY_INTERFACE,
    port: options.ports.identityProvider,
    publicUrl: options.issuer,
    tls: { key: certificate.key, cert: certificate.certificate },
    audience: DEMO_AUDIENCE,
    webRedirectUris: [`${options.approvals}/v1/step-up/callback`],
    ...demoPeople,
  });
  closers.add(() => identityProvider.close());
  const slack = await startDemoSlack();
  closers.add(() => slack.close());
  const front = await startTlsFront({
    host: EVERY_INTERFACE,
    port: options.ports.slack,
    certificate,
    target: new URL(slack.apiUrl).origin,
  });
  closers.add(() => front.close());
  const cluster = await startSandboxCluster({ host: options.host, port: options.ports.cluster });
  closers.add(() => cluster.close());
  cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: demoManifests }));
  return { authority, cluster, slack, slackApiUrl: `https://${options.host}:${front.port}/api/` };
}

/** In a container; what of it is published, docker-compose.yml says. */
const EVERY_INTERFACE = '0.0.0.0';

async function configure(
  volumes: Volumes,
  options: ComposeStandInOptions,
  { authority, cluster, slack, slackApiUrl }: Started,
): Promise<void> {
  // Agents reach it under the one name, connectors under that of its container.
  const gateway = await authority.issueServer([options.gatewayHost, 'proxy']);
  volumes.write('proxy', 'gateway.crt', { content: gateway.certificate });
  volumes.write('proxy', 'gateway.key', { content: gateway.key });
  volumes.write('proxy', 'mask-keys', { content: randomBytes(32).toString('base64') });
  volumes.write('approval', 'slack-bot-token', { content: slack.botToken });
  volumes.write('approval', 'slack-signing-secret', { content: slack.signingSecret });
  volumes.write('approval', 'slack.env', { content: slackVariables(slack, slackApiUrl) });
  writeDemoConfiguration({
    directory: volumes.directory('config'),
    examples: join(repositoryRoot(), 'infra/config'),
    issuer: options.issuer,
    issuerCertificateAuthority: authority.certificate,
    slackTeam: slack.teamId,
    slackUsers: slack.users,
    credentials: { directory: volumes.directory('proxy'), seenAs: options.secretsSeenAt },
    cluster: {
      server: cluster.address,
      certificateAuthority: cluster.certificateAuthority,
      credential: { type: 'bearerToken', token: cluster.adminToken },
    },
  });
}

/** The stand-in chooses its ids when it starts, too late for docker-compose.yml. */
const slackVariables = ({ teamId, appId, channelId }: DemoSlack, apiUrl: string): string =>
  [
    `SLACK_API_URL=${apiUrl}`,
    `SLACK_TEAM_ID=${teamId}`,
    `SLACK_APP_ID=${appId}`,
    `SLACK_CHANNEL=${channelId}`,
    '',
  ].join('\n');
