import { createHash } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent } from '@drawbridge/contracts';
import { handleCommand, loadState, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import {
  sealingOutages,
  toTell,
  type SealingOutage,
  type SealingOutageCommand,
  type SealingState,
} from '../domain/sealing-outage.js';

export interface SealingAlarmOptions {
  readonly events: EventStore<AuditTrailEvent>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Of the log of checkpoints. */
  readonly name: string;
}

/** The outages of a stream are numbered from 1. */
interface Told extends SealingOutage {
  readonly number: number;
}

/**
 * Says once of each outage of sealing that it began, and once that it is over. Which was told last is read from the
 * record each time, so that it does not matter which process told it and whether that one still runs.
 */
export class SealingAlarm {
  /** By stream: what was read last, from where the reading goes on. */
  readonly #read = new Map<string, Told>();

  constructor(private readonly options: SealingAlarmOptions) {}

  /** What is found of each stream after a round. What cannot be told now is told after another. Never throws. */
  async tell(found: readonly SealingState[], lateMs: number): Promise<void> {
    try {
      for (const state of found) await this.#tell(state, lateMs);
    } catch (err) {
      this.options.logger.warn({ msg: 'an alarm about sealing cannot be raised yet', err });
    }
  }

  async #tell(state: SealingState, lateMs: number): Promise<void> {
    const last = await this.#last(state.stream);
    const what = toTell(last, state, lateMs);
    if (what === 'TellStopped') await this.#tellStopped(state, last.number + 1);
    if (what === 'TellResumed') await this.#tellResumed(state.stream, last);
  }

  async #tellStopped({ stream, outage }: SealingState, number: number): Promise<void> {
    if (outage === undefined) return;
    const { since, code } = outage;
    const stopped = { stream, since: new Date(since).toISOString(), code };
    const alarm = this.#idOf(stream, number);
    const isNew = await this.#append(alarm, { type: 'TellStopped', stopped });
    if (!isNew) return;
    this.options.logger.error({ msg: 'the record is not sealed any more', alarm, stream, code });
  }

  async #tellResumed(stream: string, { number, since = 0 }: Told): Promise<void> {
    const seconds = Math.max(0, Math.round((this.options.clock().getTime() - since) / 1000));
    const resumed = { stream, seconds };
    await this.#append(this.#idOf(stream, number), { type: 'TellResumed', resumed });
  }

  async #append(aggregateId: string, command: SealingOutageCommand): Promise<boolean> {
    const at = this.options.clock();
    const id = uuidV7(at);
    const actor = { kind: 'service', id: 'audit' } as const;
    const metadata = { id, causationId: id, actor, at: at.toISOString() };
    const told = { aggregateId, command, metadata };
    const { appended } = await handleCommand(this.options.events, sealingOutages, told);
    return appended !== undefined;
  }

  /** The last outage that was told. None is told before the one before it is over, so that no number is left out. */
  async #last(stream: string): Promise<Told> {
    let last: Told = this.#read.get(stream) ?? { number: 0 };
    // One that is over stays so.
    if (last.resumedAt === undefined && last.number > 0) {
      last = await this.#load(stream, last.number);
    }
    for (let step = 1; ;) {
      const next = await this.#load(stream, last.number + step);
      if (next.since !== undefined) {
        last = next;
        step *= 2;
      } else if (step > 1) step = 1;
      else break;
    }
    this.#read.set(stream, last);
    return last;
  }

  async #load(stream: string, number: number): Promise<Told> {
    const id = this.#idOf(stream, number);
    const { state } = await loadState(this.options.events, sealingOutages, id);
    return { ...state, number };
  }

  #idOf(stream: string, number: number): string {
    const text = JSON.stringify(['outage', this.options.name, stream, number]);
    return `s_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  }
}
