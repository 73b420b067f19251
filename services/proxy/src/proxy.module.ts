import {
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

/** The port that agents call, as Nest starts and stops it: in this thread, or in several. */
export interface GatewayPort extends OnApplicationBootstrap, OnApplicationShutdown {
  /** `https://host:port`, once it listens. */
  readonly address: string;
}

const GATEWAY_PORT = Symbol('gateway port');

/** Lets Nest start and stop the gateway beside the health endpoints. */
@Module({})
export class ProxyModule {
  static of(gatewayPort: GatewayPort): DynamicModule {
    const provider = { provide: GATEWAY_PORT, useFactory: () => gatewayPort };
    return { module: ProxyModule, providers: [provider] };
  }
}
