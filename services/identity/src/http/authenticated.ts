import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { requirePrincipal } from '@drawbridge/runtime';
import { rememberCaller } from './caller-of.js';
import { countCall, INGRESS, type Ingress } from './ingress.js';

/**
 * Refuses a request without a good token, and a caller that calls too often, before anything else of the
 * request is looked at. The one guard of this service: pipes would run before a check in the handler.
 */
export class Authenticated implements CanActivate {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    rememberCaller(request, await requirePrincipal(request, this.ingress.verifier));
    countCall(this.ingress.calls, { request, response }, this.ingress.clock());
    return true;
  }
}
