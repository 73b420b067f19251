import { Controller, Get, Inject, Req } from '@nestjs/common';
import type {
  AuditCommandPage,
  AuditEventPage,
  AuditHoldEventPage,
  AuditStopEventPage,
  AuditTrailPage,
} from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { CommandFilter, EventFilter, HoldFilter, StopFilter, TrailFilter } from './audit-filter.js';
import { AuditQueries } from './audit-queries.js';
import { requireAuditor, type Auditors } from './require-auditor.js';
import { Readers } from './require-reader.js';

export const AUDITORS = Symbol('auditors');

/** The record, for auditors and owners of agents. Who asks is judged before what is asked. */
@Controller('v1/audit')
export class AuditController {
  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(Readers) private readonly readers: Readers,
    @Inject(AuditQueries) private readonly queries: AuditQueries,
  ) {}

  @Get('commands')
  async commands(@Req() request: Request): Promise<AuditCommandPage> {
    const reader = await this.readers.require(request);
    return this.queries.commands(commandFilter.transform(request.query, fromQuery), reader);
  }

  @Get('events')
  async events(@Req() request: Request): Promise<AuditEventPage> {
    const reader = await this.readers.require(request);
    return this.queries.events(eventFilter.transform(request.query, fromQuery), reader);
  }

  @Get('holds')
  async holds(@Req() request: Request): Promise<AuditHoldEventPage> {
    const reader = await this.readers.require(request);
    return this.queries.holds(holdFilter.transform(request.query, fromQuery), reader);
  }

  @Get('stops')
  async stops(@Req() request: Request): Promise<AuditStopEventPage> {
    // No agent's alone: a raised bridge is about all that pass it.
    await requireAuditor(request, this.auditors);
    return this.queries.stops(stopFilter.transform(request.query, fromQuery));
  }

  @Get('trail')
  async trail(@Req() request: Request): Promise<AuditTrailPage> {
    await requireAuditor(request, this.auditors);
    return this.queries.trail(trailFilter.transform(request.query, fromQuery));
  }
}

const fromQuery = { type: 'query' } as const;
const commandFilter = ValidQuery(CommandFilter);
const eventFilter = ValidQuery(EventFilter);
const holdFilter = ValidQuery(HoldFilter);
const stopFilter = ValidQuery(StopFilter);
const trailFilter = ValidQuery(TrailFilter);
