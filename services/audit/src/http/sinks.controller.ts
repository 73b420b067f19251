import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  principalId,
  type ParkedRecordsView,
  type ParkedRecordView,
  type SinksView,
} from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { z } from 'zod';
import { ParkedRecordRefused } from '../sinks/parked-records.js';
import type { Sinks } from '../sinks/sinks.js';
import { AUDITORS } from './audit.controller.js';
import { requireAuditor, type Auditors } from './require-auditor.js';

export const SINKS = Symbol('sinks');

const ParkedQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'expected a number')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(50),
});
const parkedQuery = ValidQuery(ParkedQuery);
const Sequence = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number);

/** Where the record is exported to, how far that is and what could not be; for auditors only. */
@Controller('v1/audit/sinks')
export class SinksController {
  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(SINKS) private readonly sinks: Pick<Sinks, 'views' | 'parked' | 'records'>,
  ) {}

  @Get()
  async list(@Req() request: Request): Promise<SinksView> {
    await requireAuditor(request, this.auditors);
    return { items: [...this.sinks.views], parked: this.sinks.parked };
  }

  @Get('parked')
  async parked(@Req() request: Request, @Query() query: unknown): Promise<ParkedRecordsView> {
    await requireAuditor(request, this.auditors);
    const { limit } = parkedQuery.transform(query, { type: 'query' });
    return this.sinks.records.list(limit);
  }

  @Post('parked/:sequence/retry')
  @HttpCode(200)
  async retry(@Req() request: Request, @Param('sequence') text: string): Promise<ParkedRecordView> {
    const by = await requireAuditor(request, this.auditors);
    const sequence = Sequence.safeParse(text);
    if (!sequence.success) {
      throw new ParkedRecordRefused('parked_record_unknown', 'no record of this number is parked');
    }
    return this.sinks.records.retry(sequence.data, principalId(by));
  }
}
