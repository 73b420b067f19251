import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import {
  DEMO_AUDIENCE,
  DEMO_CONNECTION,
  SlackDesk,
  slackCallback,
  startStandIns,
  type ClusterAccess,
  type StandInOptions,
  type StandIns,
  type StateDirectory,
} from '@drawbridge/laptop';
import { engineOf, repositoryRoot } from '@drawbridge/testing';
import { ServiceProcess } from './service-process.js';

/** What can be killed: the five services and the bus. */
export type Victim = ServiceName | 'nats';
export const victims: readonly Victim[] = [
  'identity',
  'policy',
  'approval',
  'proxy',
  'audit',
  'nats',
];

/** Every service in a process of its own, as in a deployment, around the stand-ins of the laptop. */
export class Composition {
  readonly slack: SlackDesk;
  readonly #processes: ReadonlyMap<ServiceName, ServiceProcess>;

  private constructor(
    readonly standIns: StandIns,
    private readonly state: StateDirectory,
  ) {
    this.slack = new SlackDesk(standIns.slack, slackCallback(standIns));
    this.#processes = new Map(processesOf(standIns, state).map((each) => [each.name, each]));
  }

  static async start(
    state: StateDirectory,
    cluster: ClusterAccess,
    settings: StandInOptions['settings'] = {},
  ): Promise<Composition> {
    const standIns = await startStandIns({ state, ports: 'any', cluster, settings });
    const composition = new Composition(standIns, state);
    try {
      for (const service of composition.#processes.values()) service.start();
      await composition.ready();
      return composition;
    } catch (error) {
      await composition.stop();
      throw error;
    }
  }

  /** Resolves once every service says that it is ready. */
  async ready(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((service) => service.ready()));
  }

  async kill(victim: Victim): Promise<void> {
    if (victim === 'nats') return this.standIns.nats.kill();
    return this.#process(victim).kill();
  }

  /** Ends the ClickHouse engine of audit, which makes itself another one. False when there is none at the moment. */
  killEngine(): boolean {
    return this.signalEngine('SIGKILL');
  }

  /** `SIGSTOP` and `SIGCONT`: ClickHouse is away, and is there again. False when there is none at the moment. */
  signalEngine(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    const audit = this.#process('audit').processId;
    const engine = audit === undefined ? undefined : engineOf(audit);
    if (engine === undefined) return false;
    process.kill(engine, signal);
    return true;
  }

  /** Starts those that were killed and resolves once every service is ready. */
  async startAgain(...victims: readonly Victim[]): Promise<void> {
    for (const victim of victims) {
      if (victim === 'nats') await this.standIns.nats.restart();
      else this.#process(victim).start();
    }
    await this.ready();
  }

  get gateway(): { readonly base: string; readonly ca: string } {
    const ca = readFileSync(join(this.state.path, 'gateway-ca.pem'), 'utf8');
    return { base: `${this.standIns.addresses.gateway}/connections/${DEMO_CONNECTION}`, ca };
  }

  /** A token of agent-oncall by its own login. */
  async agentToken(): Promise<string> {
    const [agent] = demoPeople.agents;
    const answer = await fetch(`${this.standIns.identityProvider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: agent.id,
        client_secret: agent.secret,
      }),
    });
    const body: unknown = await answer.json();
    if (typeof body === 'object' && body !== null && 'access_token' in body) {
      return String(body.access_token);
    }
    throw new Error(`the identity provider gave no token: ${answer.status}`);
  }

  /** A token of Bob, who may read the record. */
  auditorToken(): Promise<string> {
    return this.humanToken('bob');
  }

  /** A token of somebody of the demo, as their login would bring it. */
  humanToken(name: string): Promise<string> {
    const human = demoPeople.humans.find(({ email }) => email === `${name}@corp.test`);
    if (human === undefined) throw new Error(`nobody is called ${name}`);
    const { identityProvider } = this.standIns;
    const now = Math.floor(Date.now() / 1000);
    return identityProvider.sign({
      iss: identityProvider.issuer,
      sub: human.id,
      aud: DEMO_AUDIENCE,
      email: human.email,
      groups: [...human.groups],
      principal_type: 'human',
      iat: now,
      exp: now + 900,
    });
  }

  async stop(): Promise<void> {
    for (const service of [...this.#processes.values()].toReversed()) await service.stop();
    await this.standIns.close();
  }

  /** Services whose process has ended. */
  get dead(): readonly ServiceName[] {
    return [...this.#processes.values()].filter(({ isDead }) => isDead).map(({ name }) => name);
  }

  /** Everything the services wrote: for a look when a test fails, and for canary searches. */
  get output(): string {
    return [...this.#processes].map(([name, { output }]) => `--- ${name}\n${output}`).join('\n');
  }

  #process(name: ServiceName): ServiceProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found;
  }
}

function processesOf({ environments, addresses }: StandIns, state: StateDirectory) {
  const main = (name: string) => join(repositoryRoot(), 'services', name, 'dist/main.js');
  const service = (name: ServiceName, health: string) =>
    new ServiceProcess({ name, main: main(name), env: environments[name], health });
  return [
    service('identity', addresses.ingress),
    service('policy', addresses.policy),
    service('approval', addresses.approvals),
    new ServiceProcess({
      name: 'audit',
      main: join(repositoryRoot(), 'e2e/dist/embedded-audit-main.js'),
      env: { ...environments.audit, CLICKHOUSE_DIRECTORY: join(state.path, 'clickhouse') },
      health: addresses.audit,
    }),
    service('proxy', addresses.proxyHealth),
  ];
}
