import type { ExportedRecord } from '../domain/exported-record.js';
import { isRefused, type ExportBatch, type Sink } from './sink.js';

/** So many refusals in a row, and nothing taken: it is the receiver that is at fault, not a record. */
const MAX_REFUSALS = 20;

/**
 * Tells a sink of a batch and returns the records that it refuses while it takes others: halving finds them. When it takes
 * none, nothing is known of any of them, and the refusal is thrown like any other trouble.
 *
 * @throws SinkFailed
 */
export async function deliverBatch(
  sink: Pick<Sink, 'deliver'>,
  batch: ExportBatch,
): Promise<readonly ExportedRecord[]> {
  let [taken, refusals] = [0, 0];
  const refused: ExportedRecord[] = [];
  const deliver = async (records: readonly ExportedRecord[]): Promise<void> => {
    if (records.length === 0) return;
    try {
      await sink.deliver({ ...batch, records });
      taken += records.length;
    } catch (error) {
      if (!isRefused(error)) throw error;
      refusals += 1;
      if (taken === 0 && (refusals > MAX_REFUSALS || batch.records.length === 1)) throw error;
      if (records.length === 1) {
        refused.push(...records);
        // The last one, and nothing was taken before it.
        if (refused.length === batch.records.length) throw error;
        return;
      }
      const middle = Math.ceil(records.length / 2);
      await deliver(records.slice(0, middle));
      await deliver(records.slice(middle));
    }
  };
  await deliver(batch.records);
  return refused;
}
