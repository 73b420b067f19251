import type { ExportedRecord } from '../domain/exported-record.js';
import { isRefused, SinkFailed, type ExportBatch, type Sink } from './sink.js';

/** Where a record stands in its stream. */
export type TakenPlace = Pick<ExportedRecord, 'sequence' | 'line'>;

const nothing = () => Promise.resolve(undefined);

/** So many refusals in a row, and nothing taken: somebody has to find out whether it is the receiver that is at fault. */
const MAX_REFUSALS = 20;

/** A record of a stream that a sink took once, kept for as long as it is told of others. */
export class TakenRecord {
  #batch: ExportBatch | undefined;

  /** @param recall - reads again the last one that was taken before this process began */
  constructor(private readonly recall: () => Promise<ExportBatch | undefined> = nothing) {}

  /** Where the last one stands that was taken here. */
  get place(): TakenPlace | undefined {
    const [record] = this.#batch?.records ?? [];
    return record && { sequence: record.sequence, line: record.line };
  }

  /** The last of a batch, or of a half of one, that was taken. */
  note(batch: ExportBatch): void {
    const record = batch.records.at(-1);
    if (record !== undefined) this.#batch = { ...batch, records: [record] };
  }

  /**
   * Tells it again, as whoever is told at least once must expect.
   *
   * @returns whether it was taken; false when there is none
   * @throws SinkFailed when the sink is away
   */
  async isTakenAgain(sink: Pick<Sink, 'deliver'>): Promise<boolean> {
    this.#batch ??= await this.recall();
    if (this.#batch === undefined) return false;
    try {
      await sink.deliver(this.#batch);
      return true;
    } catch (error) {
      if (!isRefused(error)) throw error;
      return false;
    }
  }
}

/**
 * Tells a sink of a batch and returns the records that it refuses while it takes others: halving finds them. When it takes
 * none of them, it is asked to take a record of the same stream again that it took before. Does it, then these are at fault, however many
 * they are; does it not, then nothing is known of any of them, and the refusal is thrown like any other trouble.
 *
 * @param known - of the same stream: what it takes of others says nothing of this one
 * @throws SinkFailed
 */
export async function deliverBatch(
  sink: Pick<Sink, 'deliver'>,
  batch: ExportBatch,
  known: TakenRecord,
): Promise<readonly ExportedRecord[]> {
  return new Delivery(sink, batch, known).run();
}

class Delivery {
  /** It takes what is good, for all that is known. */
  #isWell = false;
  #refusals = 0;
  readonly #refused: ExportedRecord[] = [];
  /** Those of them that were refused when nothing was known of it yet: {@link MAX_REFUSALS} at most. */
  readonly #early: ExportedRecord[] = [];

  constructor(
    private readonly sink: Pick<Sink, 'deliver'>,
    private readonly batch: ExportBatch,
    private readonly known: TakenRecord,
  ) {}

  async run(): Promise<readonly ExportedRecord[]> {
    await this.#deliver(this.batch.records);
    for (const record of this.#early) await this.#requireRefused(record);
    return this.#refused;
  }

  /** A receiver that was mended while it was told takes now what it refused: then all of it is told again, in order. */
  async #requireRefused(record: ExportedRecord): Promise<void> {
    try {
      await this.sink.deliver({ ...this.batch, records: [record] });
    } catch (error) {
      if (!isRefused(error)) throw error;
      return;
    }
    throw new SinkFailed('sink_unavailable', 'the receiver takes now what it refused before');
  }

  async #deliver(records: readonly ExportedRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      const part = { ...this.batch, records };
      await this.sink.deliver(part);
      this.#isWell = true;
      this.known.note(part);
    } catch (error) {
      if (!isRefused(error)) throw error;
      await this.#refuse(records, error);
    }
  }

  async #refuse(records: readonly ExportedRecord[], error: SinkFailed): Promise<void> {
    this.#refusals += 1;
    const isLast = records.length === 1 && this.#refused.length + 1 === this.batch.records.length;
    if (isLast || this.#refusals > MAX_REFUSALS) await this.#requireWell(error);
    if (records.length === 1) {
      this.#refused.push(...records);
      if (!this.#isWell) this.#early.push(...records);
      return;
    }
    const middle = Math.ceil(records.length / 2);
    await this.#deliver(records.slice(0, middle));
    await this.#deliver(records.slice(middle));
  }

  async #requireWell(error: SinkFailed): Promise<void> {
    this.#isWell ||= await this.known.isTakenAgain(this.sink);
    if (!this.#isWell) throw error;
  }
}
