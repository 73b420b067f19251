import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { requestIdOf } from '@drawbridge/runtime';
import type { Request } from 'express';
import { TicketCallbacks } from '../webhooks/ticket-callbacks.js';

/** Where ticket systems say what became of a ticket. The signature is the only thing that is believed. */
@Controller('v1/ticket-callbacks')
export class TicketCallbacksController {
  constructor(@Inject(TicketCallbacks) private readonly callbacks: TicketCallbacks) {}

  @Post(':name')
  @HttpCode(204)
  async take(@Req() request: Request, @Param('name') name: string): Promise<void> {
    const body: unknown = request.body;
    await this.callbacks.take({
      name,
      causationId: requestIdOf(request),
      header: (header) => onlyHeader(request, header),
      body: body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0),
    });
  }
}

/** A header that came twice is no header: which of them was meant is anybody's guess. */
function onlyHeader({ headersDistinct }: Request, name: string): string | undefined {
  const values = headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}
