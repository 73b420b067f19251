import { Controller, Get, Inject } from '@nestjs/common';
import type { DrawbridgeDiscovery } from '@drawbridge/contracts';
import { INGRESS, type Ingress } from './ingress.js';

/** What a client may know before it has a token. */
@Controller()
export class DiscoveryController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Get('.well-known/drawbridge')
  discovery(): Promise<DrawbridgeDiscovery> {
    return this.ingress.discovery();
  }

  @Get('openapi.json')
  document(): object {
    return this.ingress.document();
  }
}
