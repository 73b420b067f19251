import { Body, Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { AgentSwitchInput, type DisabledAgentsView } from '@drawbridge/contracts';
import { ValidBody } from '@drawbridge/runtime';
import { Authenticated } from './authenticated.js';
import { callOf, callerOf } from './caller-of.js';
import { INGRESS, type Ingress } from './ingress.js';

/** Whose tokens are refused whatever their issuer says; for administrators. */
@Controller('v1/agents')
@UseGuards(Authenticated)
export class AgentsController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Post('disable')
  @HttpCode(200)
  disable(
    @Body(ValidBody(AgentSwitchInput)) body: AgentSwitchInput,
    @Req() request: Request,
  ): Promise<DisabledAgentsView> {
    return this.ingress.agents.disable(body, callOf(request));
  }

  @Post('enable')
  @HttpCode(200)
  enable(
    @Body(ValidBody(AgentSwitchInput)) body: AgentSwitchInput,
    @Req() request: Request,
  ): Promise<DisabledAgentsView> {
    return this.ingress.agents.enable(body, callOf(request));
  }

  @Get('disabled')
  list(@Req() request: Request): DisabledAgentsView {
    return this.ingress.agents.list(callerOf(request).principal);
  }
}
