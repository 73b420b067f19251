import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { SessionOrderInput, type SessionOrderView } from '@drawbridge/contracts';
import { requestIdOf, ValidBody, ValidPath } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { z } from 'zod';
import { SessionOrders, type SessionOrder } from '../nats/session-orders.js';
import { requireHuman } from './require-human.js';

const orderBody = ValidBody(SessionOrderInput);
const path = ValidPath(z.strictObject({ commandId: z.uuidv7('expected the id of a command') }));

/** What humans order about a session that runs. Who asks is judged before what is asked. */
@Controller('v1/sessions/:commandId')
export class SessionsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(SessionOrders) private readonly orders: SessionOrders,
  ) {}

  @Post('pause')
  @HttpCode(200)
  pause(@Req() request: Request, @Param('commandId') id: string, @Body() body: unknown) {
    return this.#order(request, 'PauseSession', { id, body });
  }

  @Post('resume')
  @HttpCode(200)
  resume(@Req() request: Request, @Param('commandId') id: string, @Body() body: unknown) {
    return this.#order(request, 'ResumeSession', { id, body });
  }

  @Post('cut')
  @HttpCode(200)
  cut(@Req() request: Request, @Param('commandId') id: string, @Body() body: unknown) {
    return this.#order(request, 'CutSession', { id, body });
  }

  async #order(
    request: Request,
    type: SessionOrder['type'],
    given: { readonly id: string; readonly body: unknown },
  ): Promise<SessionOrderView> {
    const by = await requireHuman(request, this.verifier);
    const { commandId } = path.transform({ commandId: given.id }, { type: 'param' });
    const input = orderBody.transform(given.body, { type: 'body' });
    const causationId = requestIdOf(request);
    return this.orders.order({ type, commandId, ...input, by, causationId });
  }
}
