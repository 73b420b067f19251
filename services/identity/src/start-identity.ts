import type { LoggerService } from '@nestjs/common';
import { connectJetStream, requireStreams } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { closeOnFailure, natsOptions, type RunningService } from '@drawbridge/runtime';
import type { IdentityConfig } from './config.js';
import { startIngress } from './start-ingress.js';
import { startTrust } from './start-trust.js';

export interface IdentityDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
}

/**
 * Starts the identity service: trust in the configured issuers, published for all verifiers, and the HTTP
 * ingress. Resolves when it listens; `/readyz` tells when it has read the event stream.
 *
 * @throws `config_invalid`, `configuration_invalid`, or why NATS cannot be used
 */
export async function startIdentity(
  config: IdentityConfig,
  { logger, clock = () => new Date() }: IdentityDependencies,
): Promise<RunningService> {
  return closeOnFailure(async (closers) => {
    const connection = await connectJetStream({ ...natsOptions(config), name: 'identity' });
    closers.add(() => connection.close(), { cutShort: true });
    await requireStreams(connection);
    const base = { config, connection, logger, clock };
    const trusting = await startTrust(base, closers);
    const http = await startIngress({ ...base, trusting }, closers);
    return { name: 'identity', addresses: { http }, close: () => closers.close() };
  });
}
