import type { ExportedRecord } from '../domain/exported-record.js';
import { isRefused, type ExportBatch, type Sink, type SinkFailed } from './sink.js';

/** So many refusals in a row, and nothing taken: somebody has to find out whether it is the receiver that is at fault. */
const MAX_REFUSALS = 20;

/** A record that a sink took once, kept for as long as it is told of others. */
export class TakenRecord {
  #batch: ExportBatch | undefined;

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
 * none of them, it is asked to take a record again that it took before. Does it, then these are at fault, however many
 * they are; does it not, then nothing is known of any of them, and the refusal is thrown like any other trouble.
 *
 * @param known - shared by all streams of the sink
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

  constructor(
    private readonly sink: Pick<Sink, 'deliver'>,
    private readonly batch: ExportBatch,
    private readonly known: TakenRecord,
  ) {}

  async run(): Promise<readonly ExportedRecord[]> {
    await this.#deliver(this.batch.records);
    return this.#refused;
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
