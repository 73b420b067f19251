import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rule } from '@drawbridge/contracts';
import { createCertificateAuthority, freePort } from '@drawbridge/embedded';
import { BenchBus } from './drawbridge/bench-bus.js';
import { BenchIssuer } from './drawbridge/bench-issuer.js';
import {
  CONNECTION,
  startDrawbridgePeer,
  type DrawbridgeOptions,
} from './drawbridge/drawbridge-peer.js';
import type { Generator } from './load/wrk.js';
import { corePlan, type CorePlan } from './machine/core-plan.js';
import type { ProgramName, Programs } from './machine/find-programs.js';
import { allowedCores } from './machine/machine-facts.js';
import type { BenchOptions } from './options.js';
import { startPeers, type Peers } from './peers/start-peers.js';
import type { PeerSetting, RunningTarget, Target } from './peers/target.js';
import { waitForAnswer } from './peers/wait-for-answer.js';
import { startNginxUpstream, UPSTREAM_TOKEN } from './upstream/nginx-upstream.js';

const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };

/** A row cannot run without this program. */
export class ProgramMissing extends Error {}

/** Upstream, bus and every proxy, running side by side for the whole run. */
export class BenchSession {
  readonly issuer = new BenchIssuer();
  readonly directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-'));
  readonly plan: CorePlan = corePlan(allowedCores(), 1);
  readonly #stops: (() => Promise<void>)[] = [];
  /** Again while somebody still writes there: what was told to end may take a moment. */
  readonly #clear = () =>
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  #targets: readonly Target[] = [];
  #setting: PeerSetting | undefined;
  #bus: BenchBus | undefined;

  private constructor(
    readonly options: BenchOptions,
    readonly programs: Programs,
    readonly say: (line: string) => void,
  ) {
    process.once('exit', this.#clear);
  }

  static async start(
    options: BenchOptions,
    programs: Programs,
    say: (line: string) => void,
  ): Promise<BenchSession> {
    const session = new BenchSession(options, programs, say);
    try {
      await session.#start();
    } catch (error) {
      await session.stop();
      throw error;
    }
    return session;
  }

  /** How often every contender has its turn. */
  get pace(): { readonly rounds: number; readonly say: (line: string) => void } {
    return { rounds: this.options.rounds, say: this.say };
  }

  /** Every proxy that could be started, in the order of the table. */
  get targets(): readonly Target[] {
    return this.#targets;
  }

  get bus(): BenchBus {
    if (this.#bus === undefined) throw new Error('the session has not started');
    return this.#bus;
  }

  /** @throws {@link ProgramMissing} */
  program(name: ProgramName): string {
    const found = this.programs.found.get(name);
    if (found === undefined) throw new ProgramMissing(`there is no ${name} on this machine`);
    return found.path;
  }

  /** A load generator on the cores that are meant for it. */
  generator(name: 'wrk' | 'h2load' | 'vegeta'): Generator {
    return { program: this.program(name), cores: this.plan.load };
  }

  /** Every proxy once more, in front of another upstream; ends with the session unless it is stopped before. */
  async startPeers(upstreamPort: number): Promise<Peers> {
    const directory = this.directoryFor('peers');
    const setting = { ...this.setting, directory, upstreamPort };
    const { programs, bus, token } = this;
    const { bodies } = this.options;
    const peers = await startPeers(setting, { programs, bus, token, bodies });
    this.#stops.push(() => peers.stop());
    return peers;
  }

  /** Of an agent whose grant allows everything. */
  get token(): string {
    return this.issuer.token('agent-bench');
  }

  /** One more Drawbridge beside those that run; ends with the session unless it is stopped before. */
  async startDrawbridge(
    name: string,
    options: Partial<DrawbridgeOptions> & Partial<Pick<PeerSetting, 'workers' | 'cores'>> = {},
  ): Promise<RunningTarget> {
    const { workers = 1, cores = this.plan.proxy, ...rest } = options;
    const setting = { ...this.setting, workers, cores };
    const { bus, token } = this;
    const { bodies } = this.options;
    const peer = await startDrawbridgePeer({ bus, setting, token, name, bodies, ...rest });
    this.#stops.push(() => peer.stop());
    return peer;
  }

  /** A new one of its own below that of the session. */
  directoryFor(name: string): string {
    return mkdtempSync(join(this.directory, `${name}-`));
  }

  get setting(): PeerSetting {
    if (this.#setting === undefined) throw new Error('the session has not started');
    return this.#setting;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop();
    process.off('exit', this.#clear);
    this.#clear();
  }

  async #start(): Promise<void> {
    const setting = await this.#prepare();
    this.#setting = setting;
    await this.#startUpstream(setting);
    await this.#startBus();
    const peers = await this.startPeers(setting.upstreamPort);
    this.#targets = peers.targets;
  }

  async #prepare(): Promise<PeerSetting> {
    const authority = await createCertificateAuthority('bench');
    const pair = await authority.issueServer(['localhost', '127.0.0.1']);
    const file = (name: string, text: string) => {
      const path = join(this.directory, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    return {
      upstreamPort: await freePort(),
      upstreamCa: file('ca.pem', authority.certificate),
      certificateFile: file('tls.crt', pair.certificate),
      keyFile: file('tls.key', pair.key),
      maskKeysFile: file('mask-keys', randomBytes(32).toString('base64')),
      directory: this.directory,
      cores: this.plan.proxy,
      workers: 1,
    };
  }

  async #startUpstream({ upstreamPort: port, certificateFile, keyFile }: PeerSetting) {
    const directory = join(this.directory, 'upstream');
    mkdirSync(directory, { recursive: true });
    const running = await startNginxUpstream({
      nginx: this.program('nginx'),
      directory,
      port,
      certificateFile,
      keyFile,
      cores: this.plan.upstream,
      huge: this.options.huge,
    });
    this.#stops.push(() => running.stop());
    const headers = { authorization: `Bearer ${UPSTREAM_TOKEN}` };
    await waitForAnswer(`https://127.0.0.1:${port}/readyz`, running, { headers });
  }

  async #startBus(): Promise<void> {
    const bus = await BenchBus.start({
      program: this.program('nats-server'),
      directory: this.directory,
      cores: this.plan.bus,
      sync: this.options.natsSync,
    });
    this.#bus = bus;
    this.#stops.push(() => bus.stop());
    await bus.trust(this.issuer);
    const grant = { connection: CONNECTION, rules: [everything] };
    await bus.grant(this.issuer, { subject: 'agent-bench', ...grant });
  }
}
