import { Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import type { TrustStatus } from '@drawbridge/contracts';
import { IngressRefused } from '../ingress-refused.js';
import { Authenticated } from './authenticated.js';
import { callerOf } from './caller-of.js';
import { INGRESS, type Ingress } from './ingress.js';

/** Tells operators which issuers are trusted and whether their keys and directories can be read. */
@Controller('v1/trust')
@UseGuards(Authenticated)
export class TrustController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Get()
  status(@Req() request: Request): TrustStatus {
    this.#require(request, this.ingress.readerGroups);
    return this.ingress.trust();
  }

  /** Who must not wait for the next refresh: somebody has just left. */
  @Post('refresh')
  @HttpCode(200)
  async refresh(@Req() request: Request): Promise<TrustStatus> {
    const { readerGroups, adminGroups } = this.ingress;
    this.#require(request, [...readerGroups, ...adminGroups]);
    await this.ingress.refreshTrust();
    return this.ingress.trust();
  }

  #require(request: Request, allowed: readonly string[]): void {
    const { kind, groups } = callerOf(request).principal;
    if (kind === 'human' && groups.some((group) => allowed.includes(group))) return;
    throw new IngressRefused('readers_only', 'only humans of a reader group may do this');
  }
}
