import type { Principal } from '@drawbridge/contracts';

type Agent = Pick<Principal, 'issuer' | 'subject'>;

/** Whose call it is. */
interface OfAgent {
  readonly agent: Agent;
}

/** What one agent has of the connections to one cluster. */
export interface AgentShare<Call extends OfAgent> {
  /** Connections on which its calls are. */
  inUse: number;
  /** In the order in which they came. */
  readonly waiting: Call[];
  forgotten: boolean;
}

/**
 * Who has how many connections, and whose turn is next: the agent's that has fewest, so that one with many calls,
 * or slow ones, keeps itself waiting and nobody else.
 */
export class AgentShares<Call extends OfAgent> {
  readonly #byName = new Map<string, AgentShare<Call>>();
  /** By the principal that the token cache gives for every call with the same token. */
  readonly #known = new WeakMap<Agent, AgentShare<Call>>();
  /** In the order of their turns. */
  readonly #queue = new Set<AgentShare<Call>>();
  #waiting = 0;

  /** Calls that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  of(agent: Agent): AgentShare<Call> {
    const known = this.#known.get(agent);
    if (known?.forgotten === false) return known;
    const name = `${agent.issuer} ${agent.subject}`;
    const share = this.#byName.get(name) ?? { inUse: 0, waiting: [], forgotten: false };
    this.#byName.set(name, share);
    this.#known.set(agent, share);
    return share;
  }

  /** @param first - before the other calls of its agent */
  wait(call: Call, first = false): void {
    const share = this.of(call.agent);
    if (first) share.waiting.unshift(call);
    else share.waiting.push(call);
    this.#queue.add(share);
    this.#waiting += 1;
  }

  /** The call whose turn it is; it waits no more. */
  next(): Call | undefined {
    let least: AgentShare<Call> | undefined;
    for (const share of this.#queue) {
      if (least === undefined || share.inUse < least.inUse) least = share;
    }
    const call = least?.waiting.shift();
    if (least === undefined || call === undefined) return undefined;
    this.#waiting -= 1;
    this.#queue.delete(least);
    if (least.waiting.length > 0) this.#queue.add(least);
    return call;
  }

  remove(call: Call): void {
    const share = this.of(call.agent);
    const at = share.waiting.indexOf(call);
    if (at === -1) return;
    share.waiting.splice(at, 1);
    this.#waiting -= 1;
    if (share.waiting.length === 0) this.#queue.delete(share);
  }

  /** All calls that wait, those of one agent behind one another. */
  calls(): readonly Call[] {
    return [...this.#queue].flatMap(({ waiting }) => waiting);
  }

  /** How many connections agents wait for that have fewer than `guaranteed`. */
  wanted(guaranteed: number): number {
    let wanted = 0;
    for (const { inUse, waiting } of this.#queue) {
      wanted += Math.max(0, Math.min(waiting.length, guaranteed - inUse));
    }
    return wanted;
  }

  /** Forgets agents that have nothing and want nothing. */
  tidy(): void {
    for (const [name, share] of this.#byName) {
      if (share.inUse > 0 || share.waiting.length > 0) continue;
      share.forgotten = true;
      this.#byName.delete(name);
    }
  }
}
