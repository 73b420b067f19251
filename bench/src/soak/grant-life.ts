import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Rule } from '@drawbridge/contracts';
import { exec, http1Client, http2Client, type AgentClient, type Begun } from './agent-client.js';
import type { GrantEnd, IssuedGrant } from './soak-bus.js';
import { POD } from './soak-cluster.js';
import { connections } from './soak-gateway.js';
import type { SoakWorld } from './soak-world.js';

const rule = (resource: string, verbs: string[], resourceNames?: string[]): Rule => ({
  verbs,
  apiGroups: [''],
  resources: [resource],
  namespaces: ['payments'],
  ...(resourceNames !== undefined && { resourceNames }),
});

/** What every grant of the soak allows. */
export const soakRules: readonly Rule[] = [
  rule('pods', ['get', 'list', 'watch']),
  rule('podtemplates', ['list']),
  rule('configmaps', ['get', 'list', 'watch'], ['settings', 'limits']),
  rule('pods/exec', ['get', 'create']),
  rule('secrets', ['list']),
];

const core = '/api/v1/namespaces/payments';
const ends = ['revoke', 'expiry', 'withdraw'] as const satisfies GrantEnd[];
/** What a stream that is cut says. */
const refusalAfter: Readonly<Record<GrantEnd, string>> = {
  expiry: 'grant_expired',
  revoke: 'grant_revoked',
  withdraw: 'grant_withdrawn',
};
/** Of grants that end by their time; the others would go on for long, so that nothing ends by luck. */
const SHORT_SECONDS = 3;
const LONG_SECONDS = 3_600;
/** An agent never has two grants at the same time. */
const AGENTS_OF_LANE = 4;
/** More than one agent may have under way. */
const FLOOD = 40;
const KNOWN_MS = 60_000;

/** Lives one grant from its issue to its end, with everything that an agent does in between. */
export async function liveGrant(world: SoakWorld, index: number, lane: number): Promise<void> {
  const how = ends[index % ends.length] ?? 'revoke';
  const grant = await world.bus.issue({
    subject: `agent-${lane}-${index % AGENTS_OF_LANE}`,
    connection: index % 2 === 0 ? connections.bound : connections.eks,
    rules: soakRules,
    seconds: how === 'expiry' ? SHORT_SECONDS : LONG_SECONDS,
  });
  const life = new GrantLife(world, grant, index);
  try {
    await life.live(how);
  } catch (error) {
    // What was on its way when the grant was over by its time may break off.
    if (grant.endsAtMs > Date.now()) {
      world.tally.fault(`${how} of ${grant.connection}: ${inspect(error)}`);
    }
    world.tally.broken += 1;
  } finally {
    life.client.close();
    world.tally.ended += 1;
  }
}

class GrantLife {
  readonly client: AgentClient;
  readonly #base: string;

  constructor(
    private readonly world: SoakWorld,
    private readonly grant: IssuedGrant,
    private readonly index: number,
  ) {
    this.client = index % 4 < 2 ? http1Client(world.gateway) : http2Client(world.gateway);
    this.#base = `/connections/${grant.connection}`;
  }

  async live(how: GrantEnd): Promise<void> {
    const { world, grant, index } = this;
    if (!(await this.#known())) return;
    const watched = index % 2 === 0 ? 'pods' : 'configmaps';
    const watch = await this.#get(`${core}/${watched}?watch=true`);
    await this.#call();
    const endedAt = performance.now();
    if (how !== 'expiry') await world.bus.end(grant, how);
    const last = await watch.text;
    if (watch.refusal === '') this.#checkCut(last, endedAt, how);
    if (how === 'expiry') await world.bus.end(grant, how);
    const after = await this.#get(`${core}/pods/${POD}`);
    await after.text;
    if (after.refusal === '') world.tally.fault('a call went through after its grant had ended');
  }

  /** Everything else that an agent does; what is refused costs the others nothing. */
  async #call(): Promise<void> {
    const { world, grant, index } = this;
    const { text } = await this.#get(`${core}/configmaps`);
    const list = await text;
    if (list.includes('secret-plans')) world.tally.fault('a filtered list showed more');
    await this.#leave(`${core}/podtemplates`);
    await this.#refused('/api/v1/namespaces/kube-system/configmaps');
    await this.#leave(`${core}/secrets`);
    await this.#refused(`${core}/serviceaccounts/default/token`);
    if (index % 5 === 0) await this.#exec();
    if (index % 10 === 3) await this.#refused(`${core}/pods`, world.tokens.expired(grant.subject));
    if (index % 50 === 1) await this.#flood();
  }

  /** The event takes a moment to every worker. */
  async #known(): Promise<boolean> {
    const deadline = performance.now() + KNOWN_MS;
    while (performance.now() < deadline) {
      const answer = await this.#get(`${core}/pods/${POD}`);
      const body = await answer.text;
      if (answer.status === 200) return true;
      if (answer.status !== 403) {
        this.world.tally.fault(`first call: ${body.slice(0, 300)}`);
        return false;
      }
      if (this.grant.endsAtMs < Date.now()) return false;
      await delay(10);
    }
    this.world.tally.fault('a grant was never known');
    return false;
  }

  async #get(path: string, token = this.#token): Promise<Begun> {
    const begun = await this.client.get(`${this.#base}${path}`, token);
    this.world.tally.answer(begun);
    return begun;
  }

  get #token(): string {
    return this.world.tokens.of(this.grant.subject);
  }

  /** Goes when the first bytes have come. */
  async #leave(path: string): Promise<void> {
    const answer = await this.#get(path);
    await answer.first;
    answer.abort();
  }

  async #refused(path: string, token?: string): Promise<void> {
    const answer = await this.#get(path, token);
    await answer.text;
    if (answer.refusal === '') this.world.tally.fault(`${path} was not refused`);
  }

  async #flood(): Promise<void> {
    const one = async () => (await this.#get(`${core}/pods/${POD}`)).text;
    await Promise.all(Array.from({ length: FLOOD }, one));
  }

  async #exec(): Promise<void> {
    const { world, grant } = this;
    const path = `${this.#base}${core}/pods/${POD}/exec?command=true&stdout=true&container=app`;
    const text = await exec(world.gateway, path, this.#token);
    const [head = ''] = text.split('\r\n\r\n', 1);
    const header = (name: string) => new RegExp(`^${name}: (\\S+)`, 'im').exec(head)?.[1] ?? '';
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
    const [commandId, refusal] = [header('audit-id'), header('drawbridge-refusal')];
    world.tally.answer({ status, commandId, refusal });
    const over = grant.endsAtMs < Date.now();
    if (!over && !text.includes('"Success"')) world.tally.fault(`exec: ${text.slice(0, 300)}`);
  }

  #checkCut(last: string, endedAt: number, how: GrantEnd): void {
    const { tally } = this.world;
    const afterMs =
      how === 'expiry' ? Date.now() - this.grant.endsAtMs : performance.now() - endedAt;
    tally.slowestCutMs = Math.max(tally.slowestCutMs, afterMs);
    const why = refusalAfter[how];
    if (!last.includes(why)) tally.fault(`a watch ended without ${why}: ${last.slice(-200)}`);
  }
}
