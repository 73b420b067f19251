import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApprovalConfig, startApproval } from '@drawbridge/approval';
import { AuditConfig, startAudit } from '@drawbridge/audit';
import {
  DEMO_DEVICE_CLIENT,
  DEMO_WEB_CLIENT,
  demoPeople,
  startDemoIdentityProvider,
  startEmbeddedClickHouse,
  type DemoIdentityProvider,
} from '@drawbridge/embedded';
import { IdentityConfig, startIdentity } from '@drawbridge/identity';
import { connectJetStream, declareStreams, type JetStreamConnection } from '@drawbridge/jetstream';
import { PolicyConfig, startPolicy } from '@drawbridge/policy';
import { createLogger, loadConfig } from '@drawbridge/runtime';
import { eventually, startNats } from '@drawbridge/testing';
import { Somebody } from './drawbridge.js';

const examples = new URL('../../../infra/config/', import.meta.url).pathname;

/** Identity, policy, approval and audit, with a real NATS server, ClickHouse engine and OpenID provider. */
export interface RealServices {
  readonly server: string;
  readonly identityProvider: DemoIdentityProvider;
  readonly connection: JetStreamConnection;
  /** A human of the demo, `human-alice` and so on, who has logged in by the device flow; gone at the end. */
  logIn(id: string): Promise<Somebody>;
  /** The demo's `agent-oncall`, which has logged in with its secret; gone at the end. */
  agentOncall(): Promise<Somebody>;
  stop(): Promise<void>;
}

export const GATEWAY = 'https://127.0.0.1:9443';
export const GATEWAY_CA =
  '-----BEGIN CERTIFICATE-----\nnot looked into\n-----END CERTIFICATE-----\n';

const issuerDocument = (issuer: string): string => `
apiVersion: drawbridge.dev/v1alpha1
kind: Issuer
metadata: { name: demo }
spec:
  issuer: ${issuer}
  audiences: [drawbridge]
  allowInsecureHttp: true
  claims:
    kind: { pointer: /principal_type, agent: [agent], human: [human] }
    groups: /groups
    email: /email
    owner: /owner
  login:
    deviceClientId: ${DEMO_DEVICE_CLIENT}
    scope: openid
    web: { clientId: ${DEMO_WEB_CLIENT} }
`;

/**
 * @param policies - YAML to go by; default: that of the examples
 * @param auditEnvironment - variables of audit beside the usual ones
 */
export async function startRealServices(
  policies?: string,
  auditEnvironment: Readonly<Record<string, string>> = {},
): Promise<RealServices> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-services-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true })];
  const nats = await startNats();
  closers.push(() => nats.stop());
  const connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  closers.push(() => connection.close());
  await declareStreams(connection, { replicas: 1 });
  const identityProvider = await startDemoIdentityProvider({
    ...demoPeople,
    host: '127.0.0.1',
    audience: 'drawbridge',
  });
  closers.push(() => identityProvider.close());
  await writeConfiguration(directory, identityProvider.issuer);
  if (policies !== undefined) await writeFile(join(directory, 'config/policies.yaml'), policies);
  const clickHouse = await startEmbeddedClickHouse({ directory: join(directory, 'clickhouse') });
  closers.push(() => clickHouse.close());

  const common = { NATS_URL: nats.servers, HTTP_PORT: '0', CONFIG_DIR: join(directory, 'config') };
  const logger = createLogger('test', { level: 'fatal' });
  const approval = await startApproval(
    loadConfig(ApprovalConfig, { ...common, ADMIN_GROUPS: 'sre-oncall' }),
    { logger },
  );
  closers.push(() => approval.close());
  const audit = await startAudit(
    loadConfig(AuditConfig, { ...common, AUDITOR_GROUPS: 'auditors', ...auditEnvironment }),
    {
      logger,
      createClient: () => clickHouse.createClient(),
    },
  );
  closers.push(() => audit.close());
  const policy = await startPolicy(loadConfig(PolicyConfig, common), { logger });
  closers.push(() => policy.close());
  const identity = await startIdentity(
    loadConfig(IdentityConfig, {
      ...common,
      APPROVALS_URL: approval.addresses['http'],
      AUDIT_URL: audit.addresses['http'],
      GATEWAY_URL: GATEWAY,
      GATEWAY_CA_FILE: join(directory, 'gateway-ca.pem'),
      ADMIN_GROUPS: 'auditors',
    }),
    { logger },
  );
  closers.push(() => identity.close());
  const server = identity.addresses['http'] ?? '';
  const gone = (somebody: Somebody) => {
    closers.push(() => somebody.remove());
    return somebody;
  };
  return {
    server,
    identityProvider,
    connection,
    logIn: async (id) => gone(await logIn({ server, identityProvider }, id)),
    agentOncall: async () => gone(await agentOncall(server)),
    stop: async () => {
      for (const close of closers.toReversed()) await close();
    },
  };
}

async function agentOncall(server: string): Promise<Somebody> {
  const secret = demoPeople.agents.find(({ id }) => id === 'agent-oncall')!.secret;
  const env = { DRAWBRIDGE_URL: server, DRAWBRIDGE_CLIENT_SECRET: secret };
  const somebody = await Somebody.with(env);
  await somebody.drawbridge('login', '--client-id', 'agent-oncall');
  return somebody;
}

async function logIn(
  { server, identityProvider }: Pick<RealServices, 'server' | 'identityProvider'>,
  id: string,
): Promise<Somebody> {
  const somebody = await Somebody.with({ DRAWBRIDGE_URL: server });
  const login = somebody.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await identityProvider.approveDevice(code, { id });
  const { code: exitCode, stderr } = await login.result;
  if (exitCode !== 0) throw new Error(`${id} could not log in: ${stderr}`);
  return somebody;
}

async function writeConfiguration(directory: string, issuer: string): Promise<void> {
  const config = join(directory, 'config');
  await mkdir(config);
  for (const file of ['actions.yaml', 'policies.yaml']) {
    await copyFile(join(examples, file), join(config, file));
  }
  await writeFile(join(config, 'issuer.yaml'), issuerDocument(issuer));
  await writeFile(join(config, 'connection.yaml'), connectionDocument);
  await writeFile(join(config, 'token'), 'cluster credential', { mode: 0o600 });
  await writeFile(join(directory, 'gateway-ca.pem'), GATEWAY_CA);
}

const connectionDocument = `
apiVersion: drawbridge.dev/v1alpha1
kind: Connection
metadata: { name: prod-eks }
spec:
  environment: production
  server: https://127.0.0.1:6443
  credential: { type: bearerToken, file: token }
`;
