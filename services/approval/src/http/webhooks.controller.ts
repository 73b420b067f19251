import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { DeadLettersView, DeadLetterView } from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { z } from 'zod';
import { DeadLetterRefused, DeadLetters } from '../webhooks/dead-letters.js';
import { IS_ADMIN, type IsAdmin } from './is-admin-token.js';
import { requireHuman } from './require-human.js';
import { WaitingQuery } from './waiting-query.js';

const Sequence = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number);
const listQuery = ValidQuery(WaitingQuery);
const fromQuery = { type: 'query' } as const;

/** What no receiver took, for administrators. Who asks is judged before what is asked. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(DeadLetters) private readonly letters: DeadLetters,
    @Inject(IS_ADMIN) private readonly isAdmin: IsAdmin,
  ) {}

  @Get('dead-letters')
  async list(@Req() request: Request, @Query() query: unknown): Promise<DeadLettersView> {
    await this.admin(request);
    return this.letters.list(listQuery.transform(query, fromQuery).limit);
  }

  @Post('dead-letters/:sequence/retry')
  @HttpCode(200)
  async retry(@Req() request: Request, @Param('sequence') text: string): Promise<DeadLetterView> {
    const by = await this.admin(request);
    const sequence = Sequence.safeParse(text);
    if (!sequence.success) {
      throw new DeadLetterRefused('dead_letter_unknown', 'there is no dead letter of this number');
    }
    return this.letters.retry(sequence.data, by);
  }

  private async admin(request: Request): Promise<string> {
    const human = await requireHuman(request, this.verifier);
    if (this.isAdmin(human)) return human.email ?? human.subject;
    throw new DeadLetterRefused('admins_only', 'only administrators look at dead letters');
  }
}
