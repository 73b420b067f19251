import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startGateway,
  type ConnectionUnderTest,
  type Gateway,
  type GatewayOptions,
} from './gateway-under-test.js';
import type { RecordingUpstream } from './recording-upstream.js';

interface ProdOptions extends Omit<GatewayOptions, 'connections'> {
  /** What of the connection is otherwise. */
  readonly connection?: Partial<ConnectionUnderTest>;
}

/** A gateway with one connection, `prod`, which reaches a cluster with the bearer token `cluster-token`. */
export async function startGatewayToProd(
  { address, certificateAuthority }: RecordingUpstream,
  { connection, ...options }: ProdOptions = {},
): Promise<Gateway> {
  const credential = 'type: bearerToken\nfile: cluster.token';
  const gateway = await startGateway({
    ...options,
    connections: [
      { name: 'prod', server: address, certificateAuthority, credential, ...connection },
    ],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
  return gateway;
}
