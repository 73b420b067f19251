import {
  closeOnFailure,
  createHttpApp,
  startHttpApp,
  type Closers,
  type HealthChecks,
  type RunningService,
} from '@drawbridge/runtime';
import type { ProxyConfig } from './config.js';
import { openGateway, type GatewayDependencies } from './open-gateway.js';
import { ProxyModule, type GatewayPort } from './proxy.module.js';
import { WorkerPool } from './workers/worker-pool.js';

export type ProxyDependencies = Omit<GatewayDependencies, 'seat'>;

/** The gateway as the process knows it: the port to start and stop, and how it is. */
interface Served {
  readonly gatewayPort: GatewayPort;
  readonly health: HealthChecks;
  readonly figures: () => Readonly<Record<string, number>>;
}

/**
 * Starts the gateway, in this thread or in several. Resolves when it listens; until it knows all grants and the
 * trust bundle, `/readyz` says so and calls are refused with `proxy_not_ready`.
 *
 * @throws `server_certificate_invalid`, `configuration_invalid`, or why NATS cannot be used
 */
export async function startProxy(
  config: ProxyConfig,
  dependencies: ProxyDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const serve = config.WORKERS === 1 ? serveHere : serveByWorkers;
    const { gatewayPort, health, figures } = await serve(config, dependencies, closers);
    const { logger } = dependencies;
    const app = await createHttpApp(ProxyModule.of(gatewayPort), { logger, health, figures });
    closers.add(() => app.close());
    const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
    const addresses = { http, https: gatewayPort.address };
    return { name: 'proxy', addresses, close: () => closers.close() };
  });
}

async function serveHere(
  config: ProxyConfig,
  dependencies: ProxyDependencies,
  closers: Closers,
): Promise<Served> {
  const { dataPath, checks, figures } = await openGateway(config, dependencies, closers);
  return { gatewayPort: dataPath, health: checks, figures };
}

function serveByWorkers(
  config: ProxyConfig,
  { logger, environment = {}, clock, recorder }: ProxyDependencies,
): Promise<Served> {
  if (clock !== undefined || recorder !== undefined) {
    throw new TypeError('a clock or a recorder cannot be given to other threads');
  }
  const pool = new WorkerPool({ config, logger, environment });
  return Promise.resolve({
    gatewayPort: pool,
    health: pool.checks(),
    figures: () => pool.figures(),
  });
}
