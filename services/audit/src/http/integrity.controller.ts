import { Controller, Get, Inject, Req } from '@nestjs/common';
import type {
  CheckpointPage,
  IntegrityKeys,
  RebuiltMessagePage,
  SealPage,
  StreamMessagePage,
  TimestampPage,
} from '@drawbridge/contracts';
import { requirePrincipal, ValidPath, ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { RebuiltRecord } from '../integrity/rebuilt-record.js';
import { SealedRecord } from '../nats/sealed-record.js';
import { AUDITORS } from './audit.controller.js';
import { CheckpointFilter, MessageFilter, SealFilter, StreamPath } from './integrity-filter.js';
import { QuerySlots } from './query-slots.js';
import { requireAuditor, type Auditors } from './require-auditor.js';

/** What it takes to prove that the record is whole, as it stands in the streams; checking is for the caller. */
@Controller('v1/audit')
export class IntegrityController {
  /** Apart from the queries of the store: what is read here is in NATS. */
  readonly #slots = new QuerySlots();

  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(SealedRecord) private readonly record: SealedRecord,
    @Inject(RebuiltRecord) private readonly rebuilt: RebuiltRecord,
  ) {}

  /** For everybody whom we know: public keys tell nothing, and are the better the more people keep them. */
  @Get('keys')
  async keys(@Req() request: Request): Promise<IntegrityKeys> {
    await requirePrincipal(request, this.auditors.verifier);
    return this.#slots.during(false, () => this.record.keys());
  }

  @Get('checkpoints')
  async checkpoints(@Req() request: Request): Promise<CheckpointPage> {
    await requireAuditor(request, this.auditors);
    const { stream, cursor, limit } = checkpointFilter.transform(request.query, fromQuery);
    return this.#slots.during(false, () =>
      stream === undefined
        ? this.record.newest()
        : this.record.checkpoints(stream, { after: cursor, limit }),
    );
  }

  @Get('streams/:stream/seals')
  async seals(@Req() request: Request): Promise<SealPage> {
    await requireAuditor(request, this.auditors);
    const { stream } = streamPath.transform(request.params, fromPath);
    const { after } = sealFilter.transform(request.query, fromQuery);
    return this.#slots.during(false, () => this.record.seals(stream, after));
  }

  @Get('streams/:stream/timestamps')
  async timestamps(@Req() request: Request): Promise<TimestampPage> {
    await requireAuditor(request, this.auditors);
    const { stream } = streamPath.transform(request.params, fromPath);
    const { after } = sealFilter.transform(request.query, fromQuery);
    return this.#slots.during(false, () => this.record.timestamps(stream, after));
  }

  @Get('streams/:stream/messages')
  async messages(@Req() request: Request): Promise<StreamMessagePage> {
    await requireAuditor(request, this.auditors);
    const { stream } = streamPath.transform(request.params, fromPath);
    const wanted = messageFilter.transform(request.query, fromQuery);
    return this.#slots.during(false, () => this.record.messages(stream, wanted));
  }

  @Get('streams/:stream/rows')
  async rows(@Req() request: Request): Promise<RebuiltMessagePage> {
    await requireAuditor(request, this.auditors);
    const { stream } = streamPath.transform(request.params, fromPath);
    const wanted = messageFilter.transform(request.query, fromQuery);
    return this.#slots.during(false, () => this.rebuilt.messages(stream, wanted));
  }
}

const fromQuery = { type: 'query' } as const;
const fromPath = { type: 'param' } as const;
const checkpointFilter = ValidQuery(CheckpointFilter);
const sealFilter = ValidQuery(SealFilter);
const messageFilter = ValidQuery(MessageFilter);
const streamPath = ValidPath(StreamPath);
