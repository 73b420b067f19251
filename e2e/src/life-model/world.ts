import { accessRequest } from '@drawbridge/identity/core';
import { handleCommand, type Decider } from '@drawbridge/kernel';
import type { PolicySet } from '@drawbridge/policy/core';
import {
  principalId,
  type AccessEvent,
  type Principal,
  type ServiceName,
  type StopEvent,
} from '@drawbridge/contracts';
import {
  agentSwitchOf,
  bridgesOf,
  disabledKeyOf,
  stopKeyOf,
  type AgentSwitchCommand,
  type BridgesCommand,
  type Stop,
} from '@drawbridge/stops';
import { Bus, type Delivery, type Process } from './bus.js';
import { GatewayReplica, type Call } from './gateway.js';
import { IdentityReplica } from './identity.js';
import { MAX_SKEW_MS, policySets } from './policies.js';
import { ApprovalReplica, PolicyReplica, type Replica } from './replicas.js';

type IdentityCommand = Parameters<(typeof accessRequest)['decide']>[0];
/** Which of the two. */
export type Which = 0 | 1;
type Pair<One> = [One, One];
/** One clock each: of identity, policy, approval and the gateway. */
export type Skews = readonly number[];

/** Two processes of each service over one log, each with a clock of its own. */
export class World {
  readonly bus = new Bus();
  readonly disabled = new Set<string>();
  readonly identity: Pair<IdentityReplica>;
  readonly policy: Pair<PolicyReplica>;
  readonly approval: Pair<ApprovalReplica>;
  readonly gateway: Pair<GatewayReplica>;
  readonly #processes = new Map<string, Process>();
  #ids = 0;

  /** @param skews - of eight clocks, as parts of the most that is allowed, -1 to 1 */
  constructor(private readonly skews: Skews) {
    this.policy = [this.#newPolicy(0, policySets[0]), this.#newPolicy(1, policySets[0])];
    this.approval = [this.#newApproval(0), this.#newApproval(1)];
    this.gateway = [this.#newGateway(0), this.#newGateway(1)];
    this.identity = [this.#newIdentity(0), this.#newIdentity(1)];
  }

  submit(which: Which, request: Extract<AccessEvent, { type: 'AccessRequested' }>['data']): string {
    const id = `request-${(this.#ids += 1)}`;
    this.#atIdentity(which, id, { type: 'RequestAccess', ...request });
    return id;
  }

  withdraw(which: Which, id: string, by: Principal): void {
    this.#atIdentity(which, id, { type: 'WithdrawAccess', by });
  }

  answer(which: Which, id: string, answer: Omit<AnswerQuestion, 'type'>): void {
    this.#atIdentity(which, id, { type: 'AnswerQuestion', ...answer });
  }

  extend(which: Which, id: string, wish: Omit<RequestExtension, 'type' | 'at'>): void {
    const at = this.clockOf('identity', which).toISOString();
    this.#atIdentity(which, id, { type: 'RequestExtension', ...wish, at });
  }

  endRun(which: Which, caller: Principal, runId: string): void {
    this.begin('identity', which, () => this.identity[which].endRun(caller, runId));
  }

  /** A command about a stop, by approval or, for an agent, by identity. */
  stop(which: Which, command: BridgesCommand & { readonly target: Target }): void {
    const { target } = command;
    this.#atStops(which, 'approval', {
      decider: bridgesOf(target),
      id: stopKeyOf(target),
      command,
    });
  }

  switchAgent(which: Which, command: AgentSwitchCommand): void {
    const id = disabledKeyOf(command.agent);
    this.#atStops(which, 'identity', { decider: agentSwitchOf(command.agent), id, command });
  }

  disableHuman(email: string): void {
    if (this.disabled.has(email)) return;
    this.disabled.add(email);
    this.bus.journal.push({ kind: 'disabled', email });
  }

  /** Something that a human or a timer makes a process do. */
  begin(service: ServiceName, which: Which, work: () => Promise<unknown>): void {
    this.bus.begin(this.processOf(service, which), work);
  }

  /** Gives a message to one of the two. */
  deliver(which: Which, delivery: Delivery): void {
    const replica = delivery.service === 'policy' ? this.policy[which] : this.approval[which];
    const process = this.processOf(delivery.service, which);
    this.bus.begin(process, replica.handle(delivery), delivery);
  }

  try(which: Which, call: Call): void {
    this.gateway[which].try(call);
  }

  /** Kills one process at this very point, and starts it again. */
  crash(service: ServiceName, which: Which): void {
    const { set } = this.policy[which];
    this.bus.kill(this.processOf(service, which));
    if (service === 'policy') this.policy[which] = this.#newPolicy(which, set);
    else if (service === 'approval') this.approval[which] = this.#newApproval(which);
    else if (service === 'proxy') this.gateway[which] = this.#newGateway(which);
    else this.identity[which] = this.#newIdentity(which);
  }

  processOf(service: ServiceName, which: Which): Process {
    return this.#processes.get(`${service}${which}`) ?? this.#begin(service, which).process;
  }

  #begin(service: ServiceName, which: Which): Replica {
    const process = { service, stopsSeen: 0 };
    this.#processes.set(`${service}${which}`, process);
    const index = services.indexOf(service) * 2 + which;
    const skewMs = Math.round((this.skews[index] ?? 0) * MAX_SKEW_MS);
    return { process, clock: () => new Date(this.bus.nowMs + skewMs) };
  }

  #newIdentity(which: Which): IdentityReplica {
    return new IdentityReplica(this, this.#begin('identity', which));
  }

  #newPolicy(which: Which, set: PolicySet | undefined): PolicyReplica {
    const replica = new PolicyReplica(this, this.#begin('policy', which));
    if (set !== undefined) replica.set = set;
    return replica;
  }

  #newApproval(which: Which): ApprovalReplica {
    return new ApprovalReplica(this, this.#begin('approval', which));
  }

  #newGateway(which: Which): GatewayReplica {
    return new GatewayReplica(this, this.#begin('proxy', which));
  }

  clockOf(service: ServiceName, which: Which): Date {
    const index = services.indexOf(service) * 2 + which;
    return new Date(this.bus.nowMs + Math.round((this.skews[index] ?? 0) * MAX_SKEW_MS));
  }

  #atIdentity(which: Which, aggregateId: string, command: IdentityCommand): void {
    const process = this.processOf('identity', which);
    const store = this.bus.accessStore(process);
    const by = command.type === 'RequestAccess' ? command.requester : command.by;
    const metadata = this.#metadata('identity', which, by);
    this.bus.begin(process, () =>
      handleCommand(store, accessRequest, { aggregateId, command, metadata }),
    );
  }

  #atStops<Command extends { readonly by: Principal }>(
    which: Which,
    service: ServiceName,
    {
      decider,
      id: aggregateId,
      command,
    }: { decider: Decider<Stop, Command, StopEvent>; id: string; command: Command },
  ): void {
    const process = this.processOf(service, which);
    const store = this.bus.stopStore(process);
    const metadata = this.#metadata(service, which, command.by);
    this.bus.begin(process, () =>
      handleCommand(store, decider, { aggregateId, command, metadata }),
    );
  }

  #metadata(service: ServiceName, which: Which, { kind, ...by }: Principal) {
    const id = `command-${(this.#ids += 1)}`;
    this.bus.accepted.set(id, this.bus.nowMs);
    const at = this.clockOf(service, which).toISOString();
    return { id, causationId: id, actor: { kind, id: principalId(by) }, at };
  }
}

type RequestExtension = Extract<IdentityCommand, { type: 'RequestExtension' }>;
type AnswerQuestion = Extract<IdentityCommand, { type: 'AnswerQuestion' }>;
type Target = Extract<BridgesCommand, { type: 'RaiseBridges' }>['target'];
const services: readonly ServiceName[] = ['identity', 'policy', 'approval', 'proxy'];
