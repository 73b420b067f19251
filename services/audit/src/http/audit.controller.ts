import { Controller, Get, Inject, Req } from '@nestjs/common';
import type {
  AuditCommandPage,
  AuditEventPage,
  AuditHoldEventPage,
  AuditStopEventPage,
} from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { CommandFilter, EventFilter, HoldFilter, StopFilter } from './audit-filter.js';
import { AuditQueries } from './audit-queries.js';
import { requireAuditor, type Auditors } from './require-auditor.js';

export const AUDITORS = Symbol('auditors');

/** The record, for auditors only. Who asks is judged before what is asked. */
@Controller('v1/audit')
export class AuditController {
  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(AuditQueries) private readonly queries: AuditQueries,
  ) {}

  @Get('commands')
  async commands(@Req() request: Request): Promise<AuditCommandPage> {
    await requireAuditor(request, this.auditors);
    return this.queries.commands(commandFilter.transform(request.query, fromQuery));
  }

  @Get('events')
  async events(@Req() request: Request): Promise<AuditEventPage> {
    await requireAuditor(request, this.auditors);
    return this.queries.events(eventFilter.transform(request.query, fromQuery));
  }

  @Get('holds')
  async holds(@Req() request: Request): Promise<AuditHoldEventPage> {
    await requireAuditor(request, this.auditors);
    return this.queries.holds(holdFilter.transform(request.query, fromQuery));
  }

  @Get('stops')
  async stops(@Req() request: Request): Promise<AuditStopEventPage> {
    await requireAuditor(request, this.auditors);
    return this.queries.stops(stopFilter.transform(request.query, fromQuery));
  }
}

const fromQuery = { type: 'query' } as const;
const commandFilter = ValidQuery(CommandFilter);
const eventFilter = ValidQuery(EventFilter);
const holdFilter = ValidQuery(HoldFilter);
const stopFilter = ValidQuery(StopFilter);
