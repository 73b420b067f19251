import { AppError } from '@drawbridge/kernel';
import type { ExportedRange } from '../domain/export-object.js';
import type { ExportedRecord } from '../domain/exported-record.js';

/** `sink_refused`: it will never take these records. The others: try again. */
export class SinkFailed extends AppError<
  'sink_unavailable' | 'sink_refused' | 'sink_file_unusable'
> {
  /** How long the other side asks to be left alone; absent when it does not say. */
  retryAfterMs?: number;
}

export const retryAfterOf = (error: unknown): number =>
  error instanceof SinkFailed ? (error.retryAfterMs ?? 0) : 0;

export const isRefused = (error: unknown): error is SinkFailed =>
  error instanceof SinkFailed && error.code === 'sink_refused';

/** Whole messages of one stream, in their order, and what is to be told of them. */
export interface ExportBatch extends ExportedRange {
  readonly records: readonly ExportedRecord[];
}

/** How much is gathered for one delivery. */
export interface BatchLimits {
  readonly maxRecords: number;
  /** Of the messages as they stand in the stream. */
  readonly maxBytes: number;
  /** How long to wait for more once there is one. */
  readonly lingerMs: number;
}

/** A system outside. */
export interface Sink {
  readonly limits: BatchLimits;
  /**
   * Whether a batch must be the same when it comes again after a crash, because it is written to a place that is
   * named after it.
   */
  readonly namesBatches: boolean;
  /**
   * Resolves when the other side has taken all of it. May be called again with the same: delivery is at least once.
   *
   * @throws SinkFailed
   */
  deliver(batch: ExportBatch): Promise<void>;
  /** Lets go of what it holds; it may be told again. */
  close?(): void;
}
