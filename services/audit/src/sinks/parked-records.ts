import type { LoggerService } from '@nestjs/common';
import type { ParkedRecordsView, ParkedRecordView, SinkDocument } from '@drawbridge/contracts';
import {
  countOpenParked,
  findParked,
  openParked,
  settleParked,
  type JetStreamConnection,
  type ParkedMessage,
} from '@drawbridge/jetstream';
import { AppError, type Clock } from '@drawbridge/kernel';
import { exportedRecord, type ExportedRecord } from '../domain/exported-record.js';
import { RecordRefused } from '../domain/record-refused.js';
import { makeSink } from './make-sink.js';
import { isWanted, SINKS_PARKED_AS, SINK_CONSUMER_PREFIX } from './running-sink.js';

/** Why a parked record is not sent again. Closed list; each stands in `docs/errors.md`. */
export class ParkedRecordRefused extends AppError<
  'parked_record_unknown' | 'parked_record_unreadable' | 'parked_record_unwanted' | 'sink_unknown'
> {}

export interface ParkedRecordsOptions {
  readonly connection: JetStreamConnection;
  /** Those of the configuration in force. */
  readonly sinks: () => readonly SinkDocument[];
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Records that a sink was not told of: it refused them, or they could not be read. Each waits for a person. */
export class ParkedRecords {
  constructor(private readonly options: ParkedRecordsOptions) {}

  /** The oldest ones, and how many there are. */
  async list(limit: number): Promise<ParkedRecordsView> {
    const { connection } = this.options;
    const open = await openParked(connection, SINKS_PARKED_AS, limit);
    return { items: open.map(viewOf), total: await countOpenParked(connection, SINKS_PARKED_AS) };
  }

  /**
   * Sends one again, once, and notes that it was taken. It comes behind later ones, with the stream, sequence and line that it
   * always had. Whoever is killed between leaves it where it is.
   *
   * @param by - who wants it, for the log
   * @throws ParkedRecordRefused, SinkFailed
   */
  async retry(sequence: number, by: string): Promise<ParkedRecordView> {
    const { connection, clock, logger } = this.options;
    const parked = await findParked(connection, SINKS_PARKED_AS, sequence);
    if (parked === undefined) {
      throw new ParkedRecordRefused('parked_record_unknown', 'no record of this number is parked');
    }
    const document = this.#sinkOf(parked);
    const record = recordIn(parked);
    if (record === undefined) {
      const message = 'the record cannot be read, so no sink can be told of it';
      throw new ParkedRecordRefused('parked_record_unreadable', message);
    }
    if (!isWanted(document, record)) {
      const message = `the sink "${document.metadata.name}" is not told of ${record.type} any more`;
      throw new ParkedRecordRefused('parked_record_unwanted', message);
    }
    const { source, parkedAt } = parked;
    const range = { stream: source.stream, first: source.sequence, last: source.sequence };
    const again = { parkedAs: sequence, firstStoredAt: new Date(parkedAt) };
    const sink = makeSink(document.spec.to, { clock, logger });
    try {
      await sink.deliver({ ...range, ...again, records: [record] });
    } finally {
      sink.close?.();
    }
    await settleParked(connection, SINKS_PARKED_AS, sequence);
    logger.log({ msg: 'parked record sent', sequence, sink: document.metadata.name, by });
    return viewOf(parked);
  }

  #sinkOf(parked: ParkedMessage): SinkDocument {
    const name = sinkOf(parked);
    const document = this.options.sinks().find(({ metadata }) => metadata.name === name);
    if (document !== undefined) return document;
    throw new ParkedRecordRefused('sink_unknown', `there is no sink "${name}" any more`);
  }
}

const sinkOf = ({ consumer }: ParkedMessage): string => consumer.replace(SINK_CONSUMER_PREFIX, '');

function viewOf(parked: ParkedMessage): ParkedRecordView {
  const { sequence, code, parkedAt, source, line = 0 } = parked;
  const { type, at } = recordIn(parked) ?? {};
  return {
    ...{ sequence, sink: sinkOf(parked), code, parkedAt },
    record: {
      ...{ stream: source.stream, sequence: source.sequence, line },
      ...(type !== undefined && { type }),
      ...(at !== undefined && { at }),
    },
  };
}

function recordIn({ source, line = 0, bytes }: ParkedMessage): ExportedRecord | undefined {
  try {
    return exportedRecord({ stream: source.stream, sequence: source.sequence, line }, bytes);
  } catch (error) {
    if (error instanceof RecordRefused) return undefined;
    throw error;
  }
}
