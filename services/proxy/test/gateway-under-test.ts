import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  AccessEvent,
  CommandRecord,
  GrantLimits,
  Rule,
  TrustBundle,
} from '@drawbridge/contracts';
import {
  CommandBody,
  CommandRecord as CommandRecordSchema,
  SessionChunk,
} from '@drawbridge/contracts';
import { createCertificateAuthority } from '@drawbridge/embedded';
import {
  accessEventStore,
  commandLines,
  connectJetStream,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { EventStore } from '@drawbridge/kernel';
import { createLogger, uuidV7, type RunningService } from '@drawbridge/runtime';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { ProxyConfig, startProxy } from '../src/index.js';
import type { RawTarget } from './raw-call.js';
import { TestIssuer } from './test-issuer.js';

export const everything: Rule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  namespaces: ['*'],
};

export interface ConnectionUnderTest {
  readonly name: string;
  /** Absent, and with it the authority: not in the document. */
  readonly server?: string;
  readonly certificateAuthority?: string;
  readonly hosts?: readonly string[];
  /** Lines of YAML under `credential`. */
  readonly credential: string;
  /** One line of YAML, as `{ mode: impersonate }`. @default mode gateway */
  readonly identity?: string;
  /** SHA-256 of connector tokens, in hex: reached through connectors. @default directly */
  readonly connectorDigests?: readonly string[];
  /** One line of YAML, as `{ email: true }`. */
  readonly masking?: string;
  /** One line of YAML, as `{ bodies: none }`. */
  readonly recording?: string;
  /** @default allow, unlike in a document without it */
  readonly portForward?: 'allow' | 'refuse' | 'unsaid';
}

export interface GatewayOptions {
  readonly connections: readonly ConnectionUnderTest[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Without it the proxy gets no trust bundle until a test publishes one. @default true */
  readonly trust?: boolean;
  /** Further variables of the proxy. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Where bodies that are too long for a record go, below its directory. @default nowhere */
  readonly bodies?: string;
  /** Starts the proxy with these variables. @default in this process */
  readonly launch?: (settings: Readonly<Record<string, string>>) => Promise<RunningService>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The body ended as it should, not by a broken connection. */
  readonly complete: boolean;
}

export interface CallOptions {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Called with every chunk of the answer. */
  readonly onData?: (text: string) => void;
  /** Called with the status as soon as the head is there. */
  readonly onHead?: (status: number) => void;
}

/** A real proxy on a real nats-server, with a trusted issuer and a way to grant. */
export interface Gateway {
  readonly nats: TestNats;
  readonly bus: JetStreamConnection;
  readonly issuer: TestIssuer;
  readonly raw: RawTarget;
  /** `https://localhost:port` */
  readonly address: string;
  readonly health: string;
  readonly directory: string;
  readonly certificateFile: string;
  /** Every line the proxy has logged. */
  readonly log: string[];
  publishTrust(issuers?: TrustBundle['issuers']): Promise<void>;
  grant(options?: GrantOptions): Promise<IssuedGrant>;
  append(requestId: string, event: AccessEvent): Promise<void>;
  writeConnections(connections: readonly ConnectionUnderTest[]): Promise<void>;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** The records of the COMMANDS stream so far. */
  records(): Promise<CommandRecord[]>;
  /** The pieces of recordings there, in the order in which they were stored. */
  recorded(): Promise<SessionChunk[]>;
  /** The bodies beside them. */
  bodies(): Promise<CommandBody[]>;
  proxy: RunningService;
  startProxy(): Promise<void>;
  /** Variables of the proxy. */
  readonly settings: Readonly<Record<string, string>>;
  /** One more proxy of the same installation. */
  startReplica(): Promise<RunningService>;
  close(): Promise<void>;
}

export interface GrantOptions {
  readonly rules?: readonly Rule[];
  readonly connection?: string;
  readonly subject?: string;
  readonly seconds?: number;
  readonly limits?: GrantLimits;
  readonly keyThumbprint?: string;
  readonly requiredGroups?: readonly string[];
  readonly runId?: string;
  /** Nobody approved it before. */
  readonly breakGlass?: boolean;
  /** How long ago it was issued. */
  readonly ageSeconds?: number;
  /** When it opens, from now on. @default at once */
  readonly startsInSeconds?: number;
}
export interface IssuedGrant {
  readonly grantId: string;
  readonly requestId: string;
}

function connectionYaml(connection: ConnectionUnderTest): string {
  const { name, server, credential, identity, hosts, connectorDigests } = connection;
  const { masking, recording, portForward = 'allow' } = connection;
  return [
    'apiVersion: drawbridge.dev/v1alpha1',
    'kind: Connection',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    '  environment: test',
    ...(server === undefined
      ? []
      : [`  server: ${server}`, `  certificateAuthorityFile: ${name}-ca.pem`]),
    ...(hosts === undefined ? [] : [`  hosts: [${hosts.join(', ')}]`]),
    ...(connectorDigests === undefined
      ? []
      : [`  connector: { tokenDigests: ['sha256:${connectorDigests.join("', 'sha256:")}'] }`]),
    ...(identity === undefined ? [] : [`  identity: ${identity}`]),
    ...(masking === undefined ? [] : [`  masking: ${masking}`]),
    ...(recording === undefined ? [] : [`  recording: ${recording}`]),
    ...(portForward === 'unsaid' ? [] : [`  portForward: ${portForward}`]),
    '  credential:',
    ...credential.split('\n').map((line) => `    ${line}`),
    '',
  ].join('\n');
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const nats = await startNats();
  const bus = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(bus, { replicas: 1 });
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-proxy-'));
  const authority = await createCertificateAuthority('gateway');
  const pair = await authority.issueServer(['localhost', '127.0.0.1']);
  const certificateFile = join(directory, 'tls.crt');
  const keyFile = join(directory, 'tls.key');
  await writeFile(certificateFile, pair.certificate);
  await writeFile(keyFile, pair.key);
  const clients = await createCertificateAuthority('agents');
  const clientAuthority = {
    CLIENT_CA_CERT_FILE: join(directory, 'clients-ca.crt'),
    CLIENT_CA_KEY_FILE: join(directory, 'clients-ca.key'),
  };
  await writeFile(clientAuthority.CLIENT_CA_CERT_FILE, clients.certificate);
  await writeFile(clientAuthority.CLIENT_CA_KEY_FILE, await clients.exportKey(), { mode: 0o600 });
  const maskKeysFile = join(directory, 'mask-keys');
  await writeFile(maskKeysFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const issuer = new TestIssuer();
  const log: string[] = [];
  const logger = createLogger('proxy', {
    level: 'debug',
    destination: { write: (line: string) => void log.push(line) },
  });
  let revision = 0;
  const policy = accessEventStore(bus, 'policy');
  const identity = accessEventStore(bus, 'identity');

  const writeConnections = async (connections: readonly ConnectionUnderTest[]) => {
    for (const connection of connections) {
      await writeFile(
        join(directory, `${connection.name}-ca.pem`),
        connection.certificateAuthority ?? '',
      );
    }
    const yaml = connections.map(connectionYaml).join('---\n');
    await writeFile(join(directory, 'connections.yaml'), yaml);
  };
  await writeConnections(options.connections);

  const settings = {
    NATS_URL: nats.servers,
    CONFIG_DIR: directory,
    HTTP_PORT: '0',
    HTTPS_PORT: '0',
    PUBLIC_URL: 'https://localhost',
    HOSTS: '127.0.0.1',
    TLS_CERT_FILE: certificateFile,
    TLS_KEY_FILE: keyFile,
    MASK_KEYS_FILE: maskKeysFile,
    ...clientAuthority,
    ...(options.bodies !== undefined && {
      BODY_STORE_URL: `file://${join(directory, options.bodies)}`,
    }),
    ...options.variables,
  };
  const config = ProxyConfig.parse(settings);
  const launch =
    options.launch ??
    (() => startProxy(config, { logger, environment: options.environment ?? {} }));
  const start = () => launch(settings);

  const append = async (
    store: EventStore<AccessEvent>,
    requestId: string,
    { event, at = new Date() }: { readonly event: AccessEvent; readonly at?: Date },
  ) => {
    const { position } = await store.load(requestId);
    await store.append({
      aggregateId: requestId,
      position,
      event,
      metadata: {
        id: uuidV7(at),
        causationId: 'test',
        actor: { kind: 'service', id: 'policy' },
        at: at.toISOString(),
      },
    });
  };

  const gateway: Gateway = {
    nats,
    bus,
    issuer,
    directory,
    certificateFile,
    log,
    settings,
    startReplica: start,
    proxy: await start(),
    get raw() {
      const { port } = new URL(gateway.proxy.addresses['https'] ?? '');
      return { host: '127.0.0.1', port: Number(port), certificateAuthority: authority.certificate };
    },
    get address() {
      return `https://localhost:${gateway.raw.port}`;
    },
    get health() {
      return gateway.proxy.addresses['http'] ?? '';
    },
    startProxy: async () => {
      gateway.proxy = await start();
      await ready(gateway);
    },
    publishTrust: async (issuers = [issuer.trusted()]) => {
      revision += 1;
      await publishTrustBundle(bus, {
        revision,
        publishedAt: new Date().toISOString(),
        issuers,
      });
    },
    append: (requestId, event) =>
      append(event.type === 'AccessRequestWithdrawn' ? identity : policy, requestId, { event }),
    grant: async (grant = {}) => {
      const [grantId, requestId] = [randomUUID(), randomUUID()];
      const [{ name } = { name: 'prod' }] = options.connections;
      const event = issuedGrant(grantId, issuer, { connection: name, ...grant });
      const at = new Date(Date.now() - (grant.ageSeconds ?? 0) * 1_000);
      await append(policy, requestId, { event, at });
      return { grantId, requestId };
    },
    writeConnections,
    call: (path, call = {}) => callGateway(gateway, path, call),
    records: async () => {
      const lines = await readLines(bus);
      return lines.filter(isCommand).map((line) => CommandRecordSchema.parse(line));
    },
    recorded: async () => {
      const lines = await readLines(bus);
      return lines.filter(isRecording).map((line) => SessionChunk.parse(line));
    },
    bodies: async () => {
      const lines = await readLines(bus);
      return lines.filter(isBody).map((line) => CommandBody.parse(line));
    },
    close: async () => {
      await gateway.proxy.close();
      await bus.close();
      await nats.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  if (options.trust !== false) {
    await gateway.publishTrust();
    await ready(gateway);
  }
  return gateway;
}

function issuedGrant(
  grantId: string,
  { issuer }: TestIssuer,
  grant: GrantOptions & { readonly connection: string },
): AccessEvent {
  const { rules = [everything], connection, subject = 'agent-oncall', seconds = 600 } = grant;
  const { requiredGroups, ageSeconds = 0 } = grant;
  const now = Date.now();
  const startsInSeconds = grant.startsInSeconds ?? -ageSeconds;
  return {
    type: 'GrantIssued',
    data: {
      grantId,
      policy: { name: 'test', version: 'test' },
      grantee: { kind: 'agent', issuer, subject, groups: [] },
      terms: {
        connection,
        environment: 'test',
        rules: [...rules],
        durationSeconds: Math.max(1, Math.round(seconds)),
        reason: 'test',
        ...boundsOf(grant),
      },
      approvers: [],
      ...(requiredGroups !== undefined && { requiredGroups: [...requiredGroups] }),
      startsAt: new Date(now + startsInSeconds * 1_000).toISOString(),
      endsAt: new Date(now + seconds * 1_000).toISOString(),
    },
  };
}

const boundsOf = ({ limits, keyThumbprint, runId, breakGlass = false }: GrantOptions) => ({
  ...(limits !== undefined && { limits }),
  ...(keyThumbprint !== undefined && { keyThumbprint }),
  ...(runId !== undefined && { runId }),
  ...(breakGlass && { breakGlass: brokenGlass }),
});

const brokenGlass = {
  announce: ['C0INCIDENTS'],
  tell: ['sre-oncall', 'security'],
  reviewGroups: ['security'],
  reviewWithinSeconds: 86_400,
};

async function ready(gateway: Gateway): Promise<void> {
  await eventually(async () => {
    const answer = await fetch(`${gateway.health}/readyz`);
    if (!answer.ok) throw new Error(await answer.text());
  });
}

function callGateway(gateway: Gateway, path: string, options: CallOptions): Promise<Answer> {
  const { method = 'GET', token = gateway.issuer.token(), headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${gateway.address}${path}`,
      {
        method,
        ca: gateway.raw.certificateAuthority,
        agent: false,
        // Not what the `Host` header says, which a test may change.
        servername: 'localhost',
        headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
      },
      (response) => {
        let text = '';
        options.onHead?.(response.statusCode ?? 0);
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          options.onData?.(chunk);
        });
        response.on('error', () => undefined);
        response.on('close', () => {
          const { statusCode = 0, complete } = response;
          resolve({ status: statusCode, headers: response.headers, body: text, complete });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function readLines(bus: JetStreamConnection): Promise<unknown[]> {
  const { state } = await bus.manager.streams.info('COMMANDS');
  const records: unknown[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await bus.manager.streams.getMessage('COMMANDS', { seq });
    if (message === null) continue;
    for (const line of commandLines({ headers: message.header, data: message.data })) {
      records.push(JSON.parse(new TextDecoder().decode(line)));
    }
  }
  return records;
}

const typeOf = (line: unknown): unknown =>
  typeof line === 'object' && line !== null && 'type' in line ? line.type : undefined;
const isRecording = (line: unknown) => typeOf(line) === 'SessionChunk';
const isBody = (line: unknown) => typeOf(line) === 'CommandBody';
/** What else there is are parts of commands, and no commands. */
const isCommand = (line: unknown) => !isRecording(line) && !isBody(line);

/** The Kubernetes `Status` of a refusal. */
export function statusOf(answer: Answer): {
  code: number;
  reason: string;
  message: string;
  cause: string;
} {
  const status = JSON.parse(answer.body) as {
    kind: string;
    code: number;
    reason: string;
    message: string;
    details: { causes: { reason: string }[] };
  };
  if (status.kind !== 'Status') throw new Error(`expected a Status, got ${answer.body}`);
  const { code, reason, message, details } = status;
  return { code, reason, message, cause: details.causes[0]?.reason ?? '' };
}
