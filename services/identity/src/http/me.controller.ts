import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from '@drawbridge/contracts';
import { Authenticated } from './authenticated.js';
import { callerOf } from './caller-of.js';

/** Tells callers who they are: the first thing to look at when something is refused. */
@Controller('v1/me')
@UseGuards(Authenticated)
export class MeController {
  @Get()
  me(@Req() request: Request): Principal {
    return callerOf(request).principal;
  }
}
