import { Controller, Get, Inject, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { IngressRefused } from '../ingress-refused.js';
import type { TrustStatus } from '../trust-status.js';
import { Authenticated } from './authenticated.js';
import { callerOf } from './caller-of.js';
import { INGRESS, type Ingress } from './ingress.js';

/** Tells operators which issuers are trusted and whether their keys can be read. */
@Controller('v1/trust')
@UseGuards(Authenticated)
export class TrustController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Get()
  status(@Req() request: Request): TrustStatus {
    const { kind, groups } = callerOf(request).principal;
    const isReader = groups.some((group) => this.ingress.readerGroups.includes(group));
    if (kind === 'human' && isReader) return this.ingress.trust();
    throw new IngressRefused('readers_only', 'only humans of a reader group may see this');
  }
}
