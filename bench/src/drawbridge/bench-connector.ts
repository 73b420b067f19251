import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, repositoryRoot } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import type { PeerSetting } from '../peers/target.js';
import { CONNECTION } from './drawbridge-peer.js';

export interface BenchConnectorOptions {
  /** Of the gateway. */
  readonly origin: string;
  readonly token: string;
  readonly setting: PeerSetting;
  readonly cores: readonly number[];
}

/** A token for connectors and its digest, as the connection wants it. */
export function connectorToken(): { readonly token: string; readonly digest: string } {
  const token = `dbc_${randomBytes(32).toString('base64url')}`;
  return { token, digest: createHash('sha256').update(token).digest('hex') };
}

/** The production build of the connector in a process of its own. Resolves when it serves the gateway. */
export async function startBenchConnector(options: BenchConnectorOptions): Promise<BenchProcess> {
  const { origin, token, setting, cores } = options;
  const tokenFile = join(setting.directory, 'connector-token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const http = await freePort();
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [join(repositoryRoot(), 'services/connector/dist/main.js')],
    cores,
    env: {
      NODE_ENV: 'production',
      GATEWAY_URL: origin,
      GATEWAY_CA_FILE: setting.upstreamCa,
      CONNECTION,
      TOKEN_FILE: tokenFile,
      API_SERVER: `127.0.0.1:${setting.upstreamPort}`,
      HTTP_PORT: String(http),
      LOG_LEVEL: 'warn',
    },
  });
  await waitForAnswer(`http://127.0.0.1:${http}/readyz`, running);
  return running;
}
