import type { LoggerService } from '@nestjs/common';
import {
  closeOnFailure,
  createHttpApp,
  startHttpApp,
  type RunningService,
} from '@drawbridge/runtime';
import type { ClusterAddress } from './cluster-address.js';
import type { ConnectorConfig } from './config.js';
import { ConnectorModule } from './connector.module.js';
import { gatewayDoor } from './gateway-door.js';
import { GatewayLinks } from './gateway-links.js';

/**
 * Starts to serve one connection. Resolves at once, and keeps trying for ever: whether a gateway is there is what
 * `/readyz` says.
 *
 * @throws `config_invalid` when there is no usable token, or no such authority
 */
export async function startConnector(
  config: ConnectorConfig,
  logger: LoggerService,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const links = new GatewayLinks({
      enter: await gatewayDoor(config),
      cluster: clusterOf(config.API_SERVER),
      maxStreams: config.MAX_STREAMS,
      logger,
    });
    closers.add(() => links.close());
    const app = await createHttpApp(
      { module: ConnectorModule },
      {
        logger,
        health: { gateway: () => links.sessions > 0 },
        figures: () => ({ sessions: links.sessions, streams: links.streams }),
        bodyLimitBytes: 0,
      },
    );
    closers.add(() => app.close());
    const http = await startHttpApp(app, { host: '127.0.0.1', port: config.HTTP_PORT });
    links.start();
    return { name: 'connector', addresses: { http }, close: () => closers.close() };
  });
}

function clusterOf(address: string): ClusterAddress {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}
