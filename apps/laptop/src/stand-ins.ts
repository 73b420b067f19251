import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createCertificateAuthority,
  type DemoIdentityProvider,
  demoPeople,
  type DemoSlack,
  type EmbeddedNats,
  freePort,
  nativeTool,
  repositoryRoot,
  startDemoIdentityProvider,
  startDemoSlack,
  startEmbeddedNats,
} from '@drawbridge/embedded';
import { connectJetStream, declareStreams } from '@drawbridge/jetstream';
import { closeOnFailure } from '@drawbridge/runtime';
import { DEMO_AUDIENCE, writeDemoConfiguration, type ClusterAccess } from './demo-configuration.js';
import { checkpointKeyFile } from './checkpoint-key.js';
import type { StateDirectory } from './state-directory.js';
import {
  chooseAddresses,
  serviceEnvironments,
  type Addresses,
  type Environment,
  type PortChoice,
} from './topology.js';
import type { ServiceName } from '@drawbridge/contracts';

/** What the services talk to, running, and the environment that points each service at it. */
export interface StandIns {
  readonly addresses: Addresses;
  readonly environments: Readonly<Record<ServiceName, Environment>>;
  readonly nats: EmbeddedNats;
  readonly identityProvider: DemoIdentityProvider;
  readonly slack: DemoSlack;
  close(): Promise<void>;
}

export interface StandInOptions {
  readonly state: StateDirectory;
  readonly ports: PortChoice;
  /** The cluster behind the gateway. */
  readonly cluster: ClusterAccess;
  /** Variables to set otherwise than usual, by service. */
  readonly settings?: Partial<Readonly<Record<ServiceName, Environment>>>;
}

const IDENTITY_PROVIDER_PORT = 7090;
const SLACK_PORT = 7091;

/** Starts everything that a deployment would bring along, on loopback, and writes the configuration. */
export async function startStandIns(options: StandInOptions): Promise<StandIns> {
  return closeOnFailure(async (closers) => {
    const opened = async <Part>(part: Promise<Part>, closer: (part: Part) => Promise<void>) => {
      const started = await part;
      closers.add(() => closer(started));
      return started;
    };
    const { state } = options;
    const nats = await opened(startNats(state), (part) => part.stop());
    await declare(nats.url);
    const addresses = await chooseAddresses(options.ports);
    const identityProvider = await opened(startIdentityProvider(options, addresses), (part) =>
      part.close(),
    );
    const slack = await opened(startSlack(options), (part) => part.close());
    const around = { nats, identityProvider, slack, addresses };
    const usual = await pointServicesAt(options, around);
    const environments = withSettings(usual, options.settings);
    return { ...around, environments, close: () => closers.close() };
  });
}

function withSettings(
  usual: Readonly<Record<ServiceName, Environment>>,
  settings: StandInOptions['settings'] = {},
): Readonly<Record<ServiceName, Environment>> {
  return {
    identity: { ...usual.identity, ...settings.identity },
    policy: { ...usual.policy, ...settings.policy },
    approval: { ...usual.approval, ...settings.approval },
    proxy: { ...usual.proxy, ...settings.proxy },
    audit: { ...usual.audit, ...settings.audit },
  };
}

const startNats = async (state: StateDirectory) =>
  startEmbeddedNats({
    executable: await nativeTool('nats-server'),
    storeDirectory: state.directory('nats'),
  });

async function declare(servers: string): Promise<void> {
  const connection = await connectJetStream({ servers, name: 'drawbridge-provision' });
  try {
    await declareStreams(connection, { replicas: 1 });
  } finally {
    await connection.close();
  }
}

const preferred = (ports: PortChoice, usual: number) => freePort(ports === 'usual' ? usual : 0);

const startIdentityProvider = async ({ ports }: StandInOptions, { approvals }: Addresses) =>
  startDemoIdentityProvider({
    host: '127.0.0.1',
    port: await preferred(ports, IDENTITY_PROVIDER_PORT),
    audience: DEMO_AUDIENCE,
    webRedirectUris: [`${approvals}/v1/step-up/callback`],
    ...demoPeople,
  });

const startSlack = async ({ ports }: StandInOptions) =>
  startDemoSlack({ port: await preferred(ports, SLACK_PORT) });

interface Around {
  readonly nats: EmbeddedNats;
  readonly identityProvider: DemoIdentityProvider;
  readonly slack: DemoSlack;
  readonly addresses: Addresses;
}

async function pointServicesAt({ state, cluster }: StandInOptions, around: Around) {
  const { nats, identityProvider, slack, addresses } = around;
  const authority = await createCertificateAuthority('Drawbridge laptop CA');
  const gateway = await authority.issueServer(['localhost', '127.0.0.1']);
  const clients = await createCertificateAuthority('Drawbridge laptop agents CA');
  state.directory('secrets');
  const configDirectory = state.directory('config');
  writeDemoConfiguration({
    directory: configDirectory,
    examples: join(repositoryRoot(), 'infra/config'),
    issuer: identityProvider.issuer,
    slackTeam: slack.teamId,
    slackUsers: slack.users,
    cluster,
  });
  return serviceEnvironments(addresses, {
    natsUrl: nats.url,
    configDirectory,
    gatewayCertificateAuthorityFile: state.write('gateway-ca.pem', authority.certificate),
    gatewayCertificateFile: state.write('secrets/gateway.crt', gateway.certificate),
    gatewayKeyFile: state.write('secrets/gateway.key', gateway.key),
    clientAuthorityFile: state.write('agents-ca.pem', clients.certificate),
    clientAuthorityKeyFile: state.write('secrets/agents-ca.key', await clients.exportKey()),
    checkpointKeyFile: checkpointKeyFile(state),
    ownCallKeysFile: state.write('secrets/own-call-keys', randomBytes(32).toString('base64')),
    maskKeysFile: state.write('secrets/mask-keys', randomBytes(32).toString('base64')),
    bodyStoreUrl: pathToFileURL(state.directory('bodies')).href,
    slack: {
      apiUrl: slack.apiUrl,
      botTokenFile: state.write('secrets/slack-bot-token', slack.botToken),
      signingSecretFile: state.write('secrets/slack-signing-secret', slack.signingSecret),
      teamId: slack.teamId,
      appId: slack.appId,
      channel: slack.channelId,
    },
  });
}
