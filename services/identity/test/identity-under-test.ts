import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writerOf, type AccessEvent } from '@drawbridge/contracts';
import {
  DEMO_DEVICE_CLIENT,
  demoPeople,
  startDemoIdentityProvider,
  type DemoHuman,
  type DemoIdentityProvider,
} from '@drawbridge/embedded';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { createLogger, uuidV7, type RunningService } from '@drawbridge/runtime';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { IdentityConfig } from '../src/config.js';
import { startIdentity } from '../src/start-identity.js';

export const [oncall, reader, nobody] = demoPeople.agents;
export const [alice, bob, dana, erin] = demoPeople.humans;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export interface CallOptions {
  readonly method?: string;
  readonly token?: string;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The real service on a real NATS server and a real OpenID provider, all on this machine. */
export class IdentityUnderTest {
  readonly logLines: string[] = [];
  #service: RunningService | undefined;

  private constructor(
    private readonly parts: {
      readonly nats: TestNats;
      readonly connection: JetStreamConnection;
      readonly idp: DemoIdentityProvider;
      readonly configDirectory: string;
    },
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  get nats(): TestNats {
    return this.parts.nats;
  }

  get connection(): JetStreamConnection {
    return this.parts.connection;
  }

  get idp(): DemoIdentityProvider {
    return this.parts.idp;
  }

  get configDirectory(): string {
    return this.parts.configDirectory;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<IdentityUnderTest> {
    const [nats, idp, configDirectory] = await Promise.all([
      startNats(),
      startDemoIdentityProvider({ host: '127.0.0.1', audience: 'drawbridge', ...demoPeople }),
      mkdtemp(join(tmpdir(), 'drawbridge-identity-')),
    ]);
    const connection = await connectJetStream({ servers: nats.servers, name: 'test' });
    await declareStreams(connection, { replicas: 1 });
    const identity = new IdentityUnderTest({ nats, connection, idp, configDirectory }, env);
    await identity.trust('demo', issuerYaml('demo', idp.issuer));
    await identity.boot();
    return identity;
  }

  /** Another replica over the same parts, which are not its own: {@link halt} it before the first one stops. */
  async replica(): Promise<IdentityUnderTest> {
    const other = new IdentityUnderTest(this.parts, this.env);
    await other.boot();
    await other.ready();
    return other;
  }

  get url(): string {
    const url = this.#service?.addresses['http'];
    if (url === undefined) throw new Error('the service is not running');
    return url;
  }

  /** Starts the service, again after {@link halt}, and waits until it is ready. */
  async boot(): Promise<void> {
    const config = IdentityConfig.parse({
      NATS_URL: this.nats.servers,
      HTTP_PORT: '0',
      CONFIG_DIR: this.configDirectory,
      APPROVALS_URL: 'http://127.0.0.1:8081',
      AUDIT_URL: 'http://127.0.0.1:8082',
      GATEWAY_URL: 'https://127.0.0.1:8443',
      READER_GROUPS: 'auditors',
      REQUESTS_PER_MINUTE: '600000',
      MAX_OPEN_REQUESTS: '1000',
      KEY_REFRESH_COOLDOWN_SECONDS: '1',
      ...this.env,
    });
    const write = (line: string) => this.logLines.push(line);
    const logger = createLogger('identity', { level: 'debug', destination: { write } });

    this.#service = await startIdentity(config, { logger });
  }

  async halt(): Promise<void> {
    await this.#service?.close();

    this.#service = undefined;
  }

  async ready(): Promise<void> {
    await eventually(async () => {
      const { status, text } = await this.call('/readyz');
      if (status !== 200) throw new Error(text);
    });
  }

  async stop(): Promise<void> {
    await this.halt();
    await this.connection.close();
    await Promise.all([this.idp.close(), this.nats.stop()]);
    await rm(this.configDirectory, { recursive: true, force: true });
  }

  /** Writes or removes one file of the configuration. */
  async trust(name: string, yaml: string | undefined): Promise<void> {
    const file = join(this.configDirectory, `${name}.yaml`);
    if (yaml === undefined) await rm(file);
    else await writeFile(file, yaml);
  }

  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const { method, token, body, headers, signal } = options;
    const response = await fetch(`${this.url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  }

  /** Appends what other services would, after whatever is there. */
  async append(requestId: string, event: AccessEvent): Promise<void> {
    const store = accessEventStore(this.connection, writerOf[event.type]);
    const { position } = await store.load(requestId);
    const metadata = {
      id: uuidV7(new Date()),
      causationId: 'test',
      actor: { kind: 'service', id: 'test' },
      at: new Date().toISOString(),
    } as const;
    await store.append({ aggregateId: requestId, position, event, metadata });
  }

  /** How many events the stream holds. */
  async eventCount(): Promise<number> {
    const { state } = await this.connection.manager.streams.info('ACCESS');
    return state.last_seq;
  }

  async agentToken(agent: { readonly id: string; readonly secret: string }): Promise<string> {
    const body = await this.#token({
      grant_type: 'client_credentials',
      client_id: agent.id,
      client_secret: agent.secret,
    });
    return String(body['access_token']);
  }

  async humanToken(human: DemoHuman): Promise<string> {
    const started = await this.#post('/device/auth', {
      client_id: DEMO_DEVICE_CLIENT,
      scope: 'openid',
    });
    await this.idp.approveDevice(String(started['user_code']), human);
    const body = await this.#token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: DEMO_DEVICE_CLIENT,
      device_code: String(started['device_code']),
    });
    return String(body['access_token']);
  }

  #token(form: Record<string, string>) {
    return this.#post('/token', form);
  }

  async #post(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    const body = new URLSearchParams(form);
    const response = await fetch(`${this.idp.issuer}${path}`, { method: 'POST', body });
    return (await response.json()) as Record<string, unknown>;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const issuerYaml = (name: string, issuer: string, extra = ''): string => `
apiVersion: drawbridge.dev/v1alpha1
kind: Issuer
metadata:
  name: ${name}
spec:
  issuer: ${issuer}
  audiences: [drawbridge]
  algorithms: [RS256]
  clockSkewSeconds: 5
  allowInsecureHttp: ${String(issuer.startsWith('http:'))}
  claims:
    kind: { pointer: /principal_type, agent: [agent], human: [human] }
    groups: /groups
    email: /email
    owner: /owner
  login: { deviceClientId: drawbridge-cli, scope: openid }
${extra}`;

/** What every test asks for unless it says otherwise. */
export const validRequest = {
  connection: 'prod-eks',
  scope: {
    action: 'rollout-restart',
    parameters: { namespace: 'payments', deployment: 'checkout' },
  },
  durationSeconds: 900,
  reason: 'readiness probe failing',
  ticket: 'INC-4211',
};

/** The same of another deployment, so that it is not for what an open request is for already. */
export const requestOf = (deployment: string): typeof validRequest => ({
  ...validRequest,
  scope: { ...validRequest.scope, parameters: { namespace: 'payments', deployment } },
});

let others = 0;
/** A request for what no test has asked for before. */
export const anotherRequest = (): typeof validRequest => requestOf(`checkout-${(others += 1)}`);
