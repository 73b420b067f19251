import { createHash } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { AuditTrailEvent } from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { sealingOutages, type SealingOutageCommand } from '../domain/sealing-outage.js';

/** What keeps the record from being sealed. */
export interface Outage {
  /** The stream that waits, and where its last seal stands; the same for every replica. */
  readonly stream: string;
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly code: string;
}

export interface SealingAlarmOptions {
  readonly events: EventStore<AuditTrailEvent>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly name: string;
}

/** Says once of each outage of sealing that it began, and once that it is over; when it cannot, it tries again. */
export class SealingAlarm {
  #open: { readonly id: string; readonly outage: Outage; told: boolean } | undefined;

  constructor(private readonly options: SealingAlarmOptions) {}

  /** What is found after each round: an outage, or none. Never throws. */
  async tell(outage: Outage | undefined): Promise<void> {
    try {
      if (outage !== undefined) this.#open ??= { id: this.#idOf(outage), outage, told: false };
      const open = this.#open;
      if (open === undefined) return;
      if (!open.told) await this.#tellStopped(open);
      if (outage === undefined) await this.#tellResumed(open);
    } catch (err) {
      this.options.logger.warn({ msg: 'an alarm about sealing cannot be raised yet', err });
    }
  }

  async #tellStopped(open: { id: string; outage: Outage; told: boolean }): Promise<void> {
    const { stream, since, code } = open.outage;
    const stopped = { stream, since: new Date(since).toISOString(), code };
    const isNew = await this.#append(open.id, { type: 'TellStopped', stopped });
    open.told = true;
    if (!isNew) return;
    this.options.logger.error({
      msg: 'the record is not sealed any more',
      alarm: open.id,
      stream,
      code,
    });
  }

  async #tellResumed({
    id,
    outage: { stream, since },
  }: {
    id: string;
    outage: Outage;
  }): Promise<void> {
    const seconds = Math.max(0, Math.round((this.options.clock().getTime() - since) / 1000));
    await this.#append(id, { type: 'TellResumed', resumed: { stream, seconds } });
    this.#open = undefined;
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

  /** Where nothing was sealed ever, or the log cannot be read, an hour tells outages apart. */
  #idOf({ stream, position, since }: Outage): string {
    const where = position === 0 ? new Date(since).toISOString().slice(0, 13) : position;
    const text = JSON.stringify([this.options.name, stream, where]);
    return `s_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  }
}
