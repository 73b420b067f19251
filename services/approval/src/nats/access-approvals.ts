import {
  principalId,
  type AccessEvent,
  type AccessEventType,
  type ApprovedVia,
  type Principal,
  type StepUpProof,
} from '@drawbridge/contracts';
import {
  handleCommand,
  type Actor,
  type Clock,
  type EventStore,
  type Handled,
  type Known,
  type RecordedEvent,
} from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import type { ApprovedTerms } from '@drawbridge/scope';
import type { AccessApproval } from '../domain/access-approval-state.js';
import { accessApproval, type AccessApprovalCommand } from '../domain/access-approval.js';
import type { LostSay } from '../domain/lost-says.js';
import type { NudgeStep } from '../domain/nudge-step.js';
import type { RecordTicket } from '../domain/record-ticket.js';
import { roundNow } from '../domain/extension-story.js';
import { tellStory, type RequestStory } from '../domain/request-story.js';

const service: Actor = { kind: 'service', id: 'approval' };

/** A human's decision as it reaches us, before any rule is applied. */
export interface Decision {
  readonly requestId: string;
  readonly approver: Principal;
  readonly via: Exclude<ApprovedVia, 'step_up'>;
  /** A comment on an approval, the reason of a denial. */
  readonly remark?: string | undefined;
  /** What was shown: 1 is the request itself, anything else an extension of its grant. */
  readonly round?: number | undefined;
  /** Id of the incoming request. */
  readonly causationId: string;
}

/** An approval as it reaches us: also of what, as far as that was shown. */
export interface Approving extends Omit<Decision, 'via'> {
  readonly via: ApprovedVia;
  readonly seen?: number | undefined;
  readonly step?: string | undefined;
  readonly narrow?: Partial<ApprovedTerms> | undefined;
  /** The login it is given with. */
  readonly proof?: StepUpProof | undefined;
}

/** What a human wants to know of the requester. */
export interface Asking extends Decision {
  /** The same again is one question. */
  readonly questionId: string;
  readonly text: string;
}

/** A ticket system's word as it reaches us, its signature checked. */
export interface TicketCallback extends Omit<RecordTicket, 'type' | 'at'> {
  readonly requestId: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

/** What became of a decision. `unchanged`: this human had decided so before. */
export type DecisionResult = 'recorded' | 'unchanged';

type Reaction = 'RequestApproval' | 'CompleteApproval' | 'RejectRequest' | 'LapseRequest';

/** The approvals of all access requests, each decided on the newest state of its stream. */
export class AccessApprovals {
  constructor(
    private readonly store: EventStore<AccessEvent>,
    private readonly clock: Clock,
  ) {}

  /** @throws ApprovalRefused, EventStoreError */
  approve(decision: Approving): Promise<DecisionResult> {
    return this.#decide(decision, this.#approval(decision));
  }

  /** @throws ApprovalRefused, EventStoreError */
  deny(decision: Decision): Promise<DecisionResult> {
    return this.#decide(decision, this.#denial(decision));
  }

  /** @throws ApprovalRefused, EventStoreError */
  takeBack(decision: Decision): Promise<DecisionResult> {
    const { approver } = decision;
    const at = this.clock().toISOString();
    return this.#decide(decision, { type: 'VoidApproval', approver, reason: 'taken_back', at });
  }

  /**
   * Asks the requester something; the agent hears of it as of any other change.
   *
   * @throws ApprovalRefused, EventStoreError
   */
  ask(asking: Asking): Promise<DecisionResult> {
    const { approver: by, via, questionId, text } = asking;
    const at = this.clock().toISOString();
    return this.#decide(asking, { type: 'AskQuestion', questionId, by, via, text, at });
  }

  /**
   * Records what a ticket system has signed; the same again, at whichever replica, is `unchanged`.
   *
   * @throws ApprovalRefused, EventStoreError
   */
  async recordTicket({ requestId, causationId, ...said }: TicketCallback): Promise<DecisionResult> {
    const now = this.clock();
    const command = { type: 'RecordTicket', ...said, at: now.toISOString() } as const;
    const actor: Actor = { kind: 'service', id: `webhook/${said.webhook}` };
    const handled = await this.#handle(command, { requestId, causationId, actor, now });
    if (handled.appended === undefined) return 'unchanged';
    await this.#goOn({ ...handled, appended: handled.appended });
    return 'recorded';
  }

  /** Takes away the say of somebody who may not approve any more. Harmless when repeated. */
  async voidApproval(requestId: string, { approver, reason }: LostSay): Promise<void> {
    const now = this.clock();
    const command = { type: 'VoidApproval', approver, reason, at: now.toISOString() } as const;
    await this.#handle(command, { requestId, causationId: requestId, actor: service, now });
  }

  /**
   * Refuses what {@link deny} would refuse now, and records nothing.
   *
   * @throws ApprovalRefused, EventStoreError
   */
  async checkDenial(decision: Decision): Promise<void> {
    await this.#check(decision, this.#denial(decision));
  }

  /**
   * Refuses what {@link approve} would refuse now, and records nothing.
   *
   * @throws ApprovalRefused, EventStoreError
   */
  async checkApproval(decision: Approving): Promise<DecisionResult> {
    const event = await this.#check(decision, this.#approval(decision));
    return event === undefined ? 'unchanged' : 'recorded';
  }

  /** What an event of the request, or its deadline, makes necessary. Harmless when repeated. */
  async react(type: Reaction, requestId: string, causationId: string): Promise<void> {
    const now = this.clock();
    const command: AccessApprovalCommand =
      type === 'RequestApproval' || type === 'LapseRequest'
        ? { type, at: now.toISOString() }
        : { type };
    await this.#handle(command, { requestId, causationId, actor: service, now });
  }

  /** What becomes necessary about a step because it waits. Harmless when repeated. */
  async nudge(requestId: string, nudge: Omit<NudgeStep, 'at'>): Promise<void> {
    const now = this.clock();
    const command = { ...nudge, at: now.toISOString() };
    await this.#handle(command, { requestId, causationId: requestId, actor: service, now });
  }

  /**
   * What humans decide now, or last decided: the request, or the extension of its grant. `undefined` for an unknown
   * request, and until policy has validated it.
   */
  async story(requestId: string): Promise<RequestStory | undefined> {
    const { events } = await this.store.load(requestId);
    const story = tellStory(events);
    return story && roundNow(story);
  }

  async #check(
    { requestId }: Pick<Decision, 'requestId'>,
    command: AccessApprovalCommand,
  ): Promise<AccessEvent | undefined> {
    const { events } = await this.store.load(requestId);
    const state = events.reduce<AccessApproval>(
      (folded, { event, at }) => accessApproval.evolve(folded, event, at),
      accessApproval.initial,
    );
    return accessApproval.decide(command, state);
  }

  #approval(approving: Approving): AccessApprovalCommand {
    const { approver, via, remark, round, seen, step, narrow, proof } = approving;
    const at = this.clock().toISOString();
    const shown = {
      ...(remark === undefined ? {} : { comment: remark }),
      ...(round === undefined ? {} : { round }),
      ...(seen === undefined ? {} : { seen }),
      ...(step === undefined ? {} : { step }),
      ...(narrow === undefined ? {} : { narrow }),
      ...(proof === undefined ? {} : { proof }),
    };
    return { type: 'GiveApproval', approver, via, ...shown, at };
  }

  #denial({ approver, via, remark, round }: Decision): AccessApprovalCommand {
    const at = this.clock().toISOString();
    const reason = remark === undefined ? {} : { reason: remark };
    const of = round === undefined ? {} : { round };
    return { type: 'DenyApproval', approver, via, ...reason, ...of, at };
  }

  async #decide(
    decision: Omit<Decision, 'via'>,
    command: AccessApprovalCommand,
  ): Promise<DecisionResult> {
    const { requestId, causationId, approver } = decision;
    const actor: Actor = { kind: approver.kind, id: principalId(approver) };
    const cause = { requestId, causationId, actor, now: this.clock() };
    const handled = await this.#handle(command, cause);
    if (handled.appended === undefined) return 'unchanged';
    await this.#goOn({ ...handled, appended: handled.appended });
    return 'recorded';
  }

  /**
   * What a decision makes necessary, at once: the event of the decision brings the same a moment later, or after a
   * kill. So nothing that goes wrong here matters, least of all to the human, whose decision stands.
   */
  async #goOn({ appended, ...known }: Decided): Promise<void> {
    const type = followUpOf(appended.event);
    if (type === undefined) return;
    const { aggregateId: requestId, id: causationId } = appended;
    const cause = { requestId, causationId, actor: service, now: this.clock(), known };
    await this.#handle({ type }, cause).catch(() => undefined);
  }

  async #handle(
    command: AccessApprovalCommand,
    { requestId, causationId, actor, now, known }: Cause,
  ): Promise<Handled<AccessApproval, AccessEvent>> {
    const metadata = { id: uuidV7(now), causationId, actor, at: now.toISOString() };
    const envelope = { aggregateId: requestId, command, metadata, known };
    return handleCommand(this.store, accessApproval, envelope);
  }
}

interface Cause {
  readonly requestId: string;
  readonly causationId: string;
  readonly actor: Actor;
  readonly now: Date;
  readonly known?: Known<AccessApproval>;
}

/** A decision that was taken, with what is known by it. */
type Decided = Known<AccessApproval> & { readonly appended: RecordedEvent<AccessEvent> };

const followUpOf = (event: AccessEvent): 'CompleteApproval' | 'RejectRequest' | undefined =>
  event.type === 'TicketDecided' && event.data.decision === 'denied'
    ? 'RejectRequest'
    : followUp[event.type];

const followUp: Partial<Record<AccessEventType, 'CompleteApproval' | 'RejectRequest'>> = {
  ApprovalGiven: 'CompleteApproval',
  TicketDecided: 'CompleteApproval',
  ApprovalDenied: 'RejectRequest',
};
