import { Controller, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { ValidPath } from '@drawbridge/runtime';
import { Authenticated } from './authenticated.js';
import { callOf } from './caller-of.js';
import { INGRESS, requireCurrent, type Ingress } from './ingress.js';
import { RunPath, type EndedRun } from './schemas.js';

/** Runs of agents: what was asked for in one ends with it. */
@Controller('v1/runs')
@UseGuards(Authenticated)
export class RunsController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Post(':runId/end')
  @HttpCode(200)
  async end(
    @Param(ValidPath(RunPath)) { runId }: RunPath,
    @Req() request: Request,
  ): Promise<EndedRun> {
    await requireCurrent(this.ingress);
    return { ended: await this.ingress.requests.endRun(runId, callOf(request)) };
  }
}
