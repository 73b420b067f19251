import type { ServiceName } from '@drawbridge/contracts';
import { freePort } from '@drawbridge/embedded';

/** Where every part of one composition listens; all on loopback. */
export interface Addresses {
  readonly ingress: string;
  readonly approvals: string;
  readonly audit: string;
  readonly policy: string;
  readonly proxyHealth: string;
  readonly gateway: string;
}

/** Files and parts that the services are pointed at. */
export interface Surroundings {
  readonly natsUrl: string;
  readonly configDirectory: string;
  readonly gatewayCertificateAuthorityFile: string;
  readonly gatewayCertificateFile: string;
  readonly gatewayKeyFile: string;
  /** Of the authority that issues client certificates to agents. */
  readonly clientAuthorityFile: string;
  readonly clientAuthorityKeyFile: string;
  readonly checkpointKeyFile: string;
  readonly maskKeysFile: string;
  /** Of the directory for long bodies. */
  readonly bodyStoreUrl: string;
  readonly ownCallKeysFile: string;
  readonly slack: {
    readonly apiUrl: string;
    readonly botTokenFile: string;
    readonly signingSecretFile: string;
    readonly teamId: string;
    readonly appId: string;
    readonly channel: string;
  };
}

export type Environment = Readonly<Record<string, string>>;

const PREFERRED = {
  ingress: 7080,
  approvals: 7081,
  audit: 7082,
  policy: 7083,
  proxyHealth: 7084,
  gateway: 7443,
};

/** `usual`: the documented port when it is free, any other otherwise; `any`: never the usual one on purpose. */
export type PortChoice = 'usual' | 'any';

/** Chooses a port for each service: the usual one when it is free. */
export async function chooseAddresses(ports: PortChoice): Promise<Addresses> {
  const port = (name: keyof typeof PREFERRED) => freePort(ports === 'usual' ? PREFERRED[name] : 0);
  const http = async (name: keyof typeof PREFERRED) => `http://127.0.0.1:${await port(name)}`;
  return {
    ingress: await http('ingress'),
    approvals: await http('approvals'),
    audit: await http('audit'),
    policy: await http('policy'),
    proxyHealth: await http('proxyHealth'),
    gateway: `https://localhost:${await port('gateway')}`,
  };
}

/**
 * The environment of each service: the very variables that a deployment sets, so that the services start
 * here as they start there, in this process or in one of their own.
 */
export function serviceEnvironments(
  addresses: Addresses,
  around: Surroundings,
): Readonly<Record<ServiceName, Environment>> {
  const common = {
    NATS_URL: around.natsUrl,
    CONFIG_DIR: around.configDirectory,
    LOG_LEVEL: 'warn',
  };
  const http = (address: string) => ({
    ...common,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: new URL(address).port,
    PUBLIC_URL: address,
  });
  return {
    identity: {
      ...http(addresses.ingress),
      APPROVALS_URL: addresses.approvals,
      AUDIT_URL: addresses.audit,
      GATEWAY_URL: addresses.gateway,
      GATEWAY_CA_FILE: around.gatewayCertificateAuthorityFile,
      READER_GROUPS: 'auditors',
      ADMIN_GROUPS: 'sre-oncall',
    },
    policy: http(addresses.policy),
    approval: {
      ...http(addresses.approvals),
      SLACK_API_URL: around.slack.apiUrl,
      SLACK_BOT_TOKEN_FILE: around.slack.botTokenFile,
      SLACK_SIGNING_SECRET_FILE: around.slack.signingSecretFile,
      SLACK_TEAM_ID: around.slack.teamId,
      ADMIN_GROUPS: 'sre-oncall',
      SLACK_APP_ID: around.slack.appId,
      SLACK_CHANNEL: around.slack.channel,
    },
    proxy: {
      ...http(addresses.proxyHealth),
      PUBLIC_URL: addresses.gateway,
      HTTPS_HOST: '127.0.0.1',
      HTTPS_PORT: new URL(addresses.gateway).port,
      TLS_CERT_FILE: around.gatewayCertificateFile,
      TLS_KEY_FILE: around.gatewayKeyFile,
      CLIENT_CA_CERT_FILE: around.clientAuthorityFile,
      CLIENT_CA_KEY_FILE: around.clientAuthorityKeyFile,
      MASK_KEYS_FILE: around.maskKeysFile,
      BODY_STORE_URL: around.bodyStoreUrl,
      OWN_CALL_KEYS_FILE: around.ownCallKeysFile,
    },
    audit: {
      ...http(addresses.audit),
      AUDITOR_GROUPS: 'auditors',
      BODY_STORE_URL: around.bodyStoreUrl,
      AUDIT_SIGNING_KEY_FILE: around.checkpointKeyFile,
      OWN_CALL_KEYS_FILE: around.ownCallKeysFile,
      AUDIT_LOG_NAME: 'drawbridge.laptop',
    },
  };
}
