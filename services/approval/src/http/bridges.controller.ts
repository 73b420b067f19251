import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RaiseInput, ReleaseInput, type BridgesView, type RaisedView } from '@drawbridge/contracts';
import { requestIdOf, ValidBody } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { Bridges } from '../nats/bridges.js';
import { requireHuman } from './require-human.js';

const raiseBody = ValidBody(RaiseInput);
const releaseBody = ValidBody(ReleaseInput);
const fromBody = { type: 'body' } as const;

/** All bridges at once, those to one cluster, or those of one agent. Who asks is judged before what is asked. */
@Controller('v1/bridges')
export class BridgesController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(Bridges) private readonly bridges: Bridges,
  ) {}

  @Get()
  async status(@Req() request: Request): Promise<BridgesView> {
    await requireHuman(request, this.verifier);
    return this.bridges.status();
  }

  @Post('raise')
  @HttpCode(200)
  async raise(@Req() request: Request, @Body() body: unknown): Promise<RaisedView> {
    const by = await requireHuman(request, this.verifier);
    const input = raiseBody.transform(body, fromBody);
    return this.bridges.raise({ ...input, by, via: 'http', causationId: requestIdOf(request) });
  }

  @Post('release')
  @HttpCode(200)
  async release(@Req() request: Request, @Body() body: unknown): Promise<BridgesView> {
    const by = await requireHuman(request, this.verifier);
    const input = releaseBody.transform(body, fromBody);
    return this.bridges.release({ ...input, by, via: 'http', causationId: requestIdOf(request) });
  }
}
