import { setTimeout as delay } from 'node:timers/promises';
import { http1Client, http2Client, type AgentClient } from './agent-client.js';
import { soakRules } from './grant-life.js';
import type { IssuedGrant } from './soak-bus.js';
import { POD } from './soak-cluster.js';
import { connections } from './soak-gateway.js';
import type { SoakWorld } from './soak-world.js';

/** Grants that stay for the whole soak, with EKS and with bindings. */
const BOUND = 4;
const EKS = 12;
/** The odd ones are all but idle: their sessions are renewed although hardly anybody calls. */
const PAUSE_MS = { busy: 250, idle: 5_000 };
const DAY_SECONDS = 24 * 3_600;

export const residentCount = BOUND + EKS;

interface Resident {
  readonly grant: IssuedGrant;
  readonly client: AgentClient;
  readonly idle: boolean;
}

/** Agents that work all day under one grant: their credentials are renewed under them, again and again. */
export class Residents {
  readonly #residents: Resident[] = [];
  #pausing = Promise.resolve();
  #resume: () => void = () => undefined;
  #under = 0;
  #stopped = false;
  #loops: readonly Promise<void>[] = [];

  private constructor(private readonly world: SoakWorld) {}

  static async move(world: SoakWorld): Promise<Residents> {
    const residents = new Residents(world);
    for (let index = 0; index < residentCount; index += 1) {
      const connection = index < BOUND ? connections.bound : connections.eks;
      const subject = `resident-${index}`;
      const grant = await world.bus.issue({
        ...{ subject, connection, rules: soakRules, seconds: DAY_SECONDS },
      });
      const client = index % 4 < 2 ? http1Client(world.gateway) : http2Client(world.gateway);
      residents.#residents.push({ grant, client, idle: index % 2 === 1 });
    }
    residents.#loops = residents.#residents.map((resident) => residents.#work(resident));
    return residents;
  }

  /** How often the session of each resident on EKS has been assumed so far, the rarest. */
  assumed(): number {
    const { aws } = this.world.cluster;
    const counts = new Map<string, number>();
    for (const { error, assumed } of aws.calls) {
      const name = assumed?.sessionName ?? '';
      if (error === '' && name.startsWith('resident-'))
        counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts.size < EKS ? 0 : Math.min(...counts.values());
  }

  /** Nobody calls until `resume`. */
  async pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#pausing = promise;
    this.#resume = () => resolve(undefined);
    while (this.#under > 0) await delay(10);
  }

  resume(): void {
    this.#resume();
  }

  /** Their grants are revoked, and they go. */
  async leave(): Promise<void> {
    this.#stopped = true;
    this.#resume();
    await Promise.all(this.#loops);
    for (const { grant, client } of this.#residents) {
      await this.world.bus.end(grant, 'revoke');
      client.close();
    }
  }

  async #work({ grant, client, idle }: Resident): Promise<void> {
    const { tally, tokens } = this.world;
    const path = `/connections/${grant.connection}/api/v1/namespaces/payments/pods/${POD}`;
    let known = false;
    while (!this.#stopped) {
      await this.#pausing;
      this.#under += 1;
      try {
        const answer = await client.get(path, tokens.of(grant.subject));
        tally.answer(answer);
        await answer.text;
        if (known && answer.status !== 200)
          tally.fault(`a resident was refused: ${answer.refusal}`);
        known ||= answer.status === 200;
      } catch (error) {
        tally.broken += 1;
        tally.fault(`a call of a resident broke off: ${String(error)}`);
      } finally {
        this.#under -= 1;
      }
      await delay(idle ? PAUSE_MS.idle : PAUSE_MS.busy);
    }
  }
}
