import type { LoggerService } from '@nestjs/common';
import {
  principalId,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type Principal,
} from '@drawbridge/contracts';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { DueSchedule } from '@drawbridge/runtime';
import { behalfOf, roundOf } from '@drawbridge/scope';
import type { PolicyCommands } from '../policy-commands.js';

export interface PeopleWatchOptions {
  readonly commands: Pick<PolicyCommands, 'recheck' | 'endUnapprovable'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

type Account = Pick<Principal, 'issuer' | 'subject'>;

/** What depends on people. */
interface Depending {
  readonly command: 'recheck' | 'endUnapprovable';
  readonly causationId: string;
  /** Of a grant: its agent, for whom it was asked, and who approved it or more time for it. */
  readonly people: readonly string[];
}

/** Longer than an event that was recorded before takes until it is heard of here. */
const HEARD_LATELY_MS = 60_000;
/** As many as have a newest reading. */
const MAX_HEARD = 10_000;

/**
 * Looks again at what depends on somebody when it is heard that they may have left: at their grants and those that they
 * approved, and at requests that have lost an approval, which may have lost the last human who could give one.
 */
export class PeopleWatch {
  readonly #depending = new Map<string, Depending>();
  readonly #schedule: DueSchedule;
  /** For which look, so that one that is asked for meanwhile is not lost. */
  readonly #wanted = new Map<string, number>();
  /** When something was heard of somebody, the oldest first. */
  readonly #heard = new Map<string, number>();
  #looks = 0;
  #isStarted = false;

  constructor(private readonly options: PeopleWatchOptions) {
    const { clock, logger } = options;
    this.#schedule = new DueSchedule({ act: (requestId) => this.#act(requestId), clock, logger });
  }

  apply({ aggregateId, id: causationId, event }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'GrantIssued') {
      const people = partiesOf(event.data).map(principalId);
      this.#depending.set(aggregateId, { command: 'recheck', causationId, people });
      // What was recorded before somebody left may be heard of behind that.
      if (people.some((who) => this.#isHeardOf(who))) this.#want(aggregateId);
    } else if (event.type === 'GrantExtended') {
      this.#alsoOn(aggregateId, event.data.approvers);
    } else if (event.type === 'ApprovalVoided' && roundOf(event) === 1) {
      this.#depending.set(aggregateId, { command: 'endUnapprovable', causationId, people: [] });
      this.#want(aggregateId);
    } else if (ends.has(event.type)) {
      this.#depending.delete(aggregateId);
      this.#wanted.delete(aggregateId);
      this.#schedule.delete(aggregateId);
    }
  }

  /** From here on it looks. Only when all events were applied. */
  start(): void {
    this.#isStarted = true;
    this.#schedule.start();
    // Grants are looked at by their own clock, when all are known.
    this.peopleChanged();
  }

  /** Others are in the configuration now, or disabled. */
  peopleChanged(): void {
    for (const [requestId, { command }] of this.#depending) {
      if (command === 'endUnapprovable') this.#want(requestId);
    }
  }

  /** Something new is known of somebody. */
  changed(account: Account): void {
    const who = principalId(account);
    this.#hear(who);
    for (const [requestId, { command, people }] of this.#depending) {
      if (command === 'endUnapprovable' || people.includes(who)) this.#want(requestId);
    }
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }

  /** Who gave more time counts as whoever gave the grant. */
  #alsoOn(requestId: string, approvers: readonly Principal[]): void {
    const known = this.#depending.get(requestId);
    if (known === undefined) return;
    const people = [...new Set([...known.people, ...approvers.map(principalId)])];
    this.#depending.set(requestId, { ...known, people });
  }

  #hear(who: string): void {
    this.#heard.delete(who);
    this.#heard.set(who, this.#now());
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest);
  }

  #isHeardOf(who: string): boolean {
    return this.#now() - (this.#heard.get(who) ?? -Infinity) < HEARD_LATELY_MS;
  }

  #now(): number {
    return this.options.clock().getTime();
  }

  #want(requestId: string): void {
    if (!this.#isStarted) return;
    this.#looks += 1;
    this.#wanted.set(requestId, this.#looks);
    this.#schedule.set(requestId, this.#now());
  }

  /** What fails comes again by itself. */
  async #act(requestId: string): Promise<void> {
    const depending = this.#depending.get(requestId);
    const look = this.#wanted.get(requestId);
    if (depending === undefined || look === undefined) return;
    const { command, causationId } = depending;
    await this.options.commands[command]({ requestId, causationId });
    if (this.#wanted.get(requestId) !== look) return;
    this.#wanted.delete(requestId);
    this.#schedule.delete(requestId);
  }
}

function partiesOf({ grantee, approvers, terms }: AccessEventData<'GrantIssued'>) {
  const behalf = behalfOf(terms);
  return [grantee, ...approvers, ...(behalf === undefined ? [] : [behalf])];
}

const ends: ReadonlySet<AccessEventType> = new Set<AccessEventType>([
  'AccessRequestDenied',
  'AccessRequestRejected',
  'AccessRequestWithdrawn',
  'AccessRequestLapsed',
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
]);
