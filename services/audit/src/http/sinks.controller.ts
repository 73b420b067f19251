import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { SinksView } from '@drawbridge/contracts';
import type { Request } from 'express';
import type { Sinks } from '../sinks/sinks.js';
import { AUDITORS } from './audit.controller.js';
import { requireAuditor, type Auditors } from './require-auditor.js';

export const SINKS = Symbol('sinks');

/** Where the record is exported to, and how far that is; for auditors only. */
@Controller('v1/audit/sinks')
export class SinksController {
  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(SINKS) private readonly sinks: Pick<Sinks, 'views' | 'parked'>,
  ) {}

  @Get()
  async list(@Req() request: Request): Promise<SinksView> {
    await requireAuditor(request, this.auditors);
    return { items: [...this.sinks.views], parked: this.sinks.parked };
  }
}
