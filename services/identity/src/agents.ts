import {
  principalId,
  type AgentSwitchInput,
  type DisabledAgentsView,
  type Principal,
  type StopEvent,
} from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { agentSwitchOf, disabledKeyOf, StopRefused } from '@drawbridge/stops';
import type { Call } from './access-requests.js';
import type { DisabledAgents } from './domain/disabled-agents.js';
import { IngressRefused } from './ingress-refused.js';

/** Each stands in the trust bundle, which is one message. */
const MAX_DISABLED = 1_000;

export interface AgentsOptions {
  readonly store: EventStore<StopEvent>;
  readonly disabled: DisabledAgents;
  /** Whether tokens of this issuer are believed at all. */
  readonly isTrusted: (issuer: string) => boolean;
  /** Called with every change, once what is disabled says so. */
  readonly onChange: () => void;
  readonly adminGroups: readonly string[];
  readonly clock: Clock;
}

/**
 * Disables agents at once and everywhere: one event, which gateways and policy go by, and the trust bundle, by which
 * every token of the agent is refused.
 */
export class Agents {
  constructor(private readonly options: AgentsOptions) {}

  /** @throws `admins_only`, `agent_issuer_unknown`, `too_many_disabled_agents`, `EventStoreError` */
  async disable(agent: AgentSwitchInput, call: Call): Promise<DisabledAgentsView> {
    this.#requireAdmin(call.caller);
    // Who misspells an issuer must not believe that the agent is stopped.
    if (!this.options.isTrusted(agent.issuer)) {
      const message =
        'no token of this issuer is believed anyway; see drawbridge whoami for its name';
      throw new IngressRefused('agent_issuer_unknown', message);
    }
    if (this.options.disabled.list.length >= MAX_DISABLED) {
      const message = `${MAX_DISABLED} agents are disabled: remove some at their identity provider, and enable them here`;
      throw new IngressRefused('too_many_disabled_agents', message);
    }
    return this.#handle('DisableAgent', agent, call);
  }

  /** @throws `admins_only`, `EventStoreError` */
  async enable(agent: AgentSwitchInput, call: Call): Promise<DisabledAgentsView> {
    this.#requireAdmin(call.caller);
    return this.#handle('EnableAgent', agent, call);
  }

  /** @throws `admins_only` */
  list(caller: Principal): DisabledAgentsView {
    this.#requireAdmin(caller);
    return this.#view();
  }

  #requireAdmin({ kind, groups }: Principal): void {
    const isAdmin = groups.some((group) => this.options.adminGroups.includes(group));
    if (kind === 'human' && isAdmin) return;
    throw new StopRefused('admins_only', 'only an administrator may disable and enable agents');
  }

  async #handle(
    type: 'DisableAgent' | 'EnableAgent',
    { issuer, subject, reason }: AgentSwitchInput,
    { caller, causationId }: Call,
  ): Promise<DisabledAgentsView> {
    const now = this.options.clock();
    const agent = { issuer, subject };
    const { appended } = await handleCommand(this.options.store, agentSwitchOf(agent), {
      aggregateId: disabledKeyOf(agent),
      command: { type, by: caller, agent, reason },
      metadata: {
        id: uuidV7(now),
        causationId,
        actor: { kind: 'human', id: principalId(caller) },
        at: now.toISOString(),
      },
    });
    if (appended !== undefined && this.options.disabled.take(appended)) this.options.onChange();
    return this.#view();
  }

  #view(): DisabledAgentsView {
    const items = this.options.disabled.list.map(({ issuer, subject, reason, by, at }) => ({
      ...{ issuer, subject, reason },
      disabledBy: by.email ?? by.subject,
      disabledAt: at,
    }));
    return { items };
  }
}
