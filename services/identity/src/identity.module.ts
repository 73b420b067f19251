import { Module, type DynamicModule } from '@nestjs/common';
import { AccessRequestsController } from './http/access-requests.controller.js';
import { AgentsController } from './http/agents.controller.js';
import { DiscoveryController } from './http/discovery.controller.js';
import { INGRESS, type Ingress } from './http/ingress.js';
import { MeController } from './http/me.controller.js';
import { RunsController } from './http/runs.controller.js';
import { TrustController } from './http/trust.controller.js';

/** The HTTP ingress over its parts. */
@Module({})
export class IdentityModule {
  static of(ingress: Ingress): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [
        AccessRequestsController,
        AgentsController,
        RunsController,
        MeController,
        TrustController,
        DiscoveryController,
      ],
      providers: [{ provide: INGRESS, useValue: ingress }],
    };
  }
}
