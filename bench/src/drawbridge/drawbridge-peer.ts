import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, repositoryRoot } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import type { PeerSetting, RunningTarget } from '../peers/target.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import type { BenchBus } from './bench-bus.js';

export const CONNECTION = 'bench';

export interface DrawbridgeOptions {
  readonly bus: BenchBus;
  readonly setting: PeerSetting;
  readonly token: string;
  /** Apart from the others on the same directory. */
  readonly name: string;
  /** Program to run with Node. @default the proxy's own main.js */
  readonly main?: string;
  readonly nodeArguments?: readonly string[];
  /** SHA-256 in hex of the token by which connectors serve its connection. @default it reaches the upstream itself */
  readonly connectorDigest?: string;
  /** Of which calls bodies are kept. @default all, as in production */
  readonly bodies?: 'all' | 'none';
  /** Further variables of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The production build of the proxy in a process of its own, with nothing switched off. */
export async function startDrawbridgePeer(options: DrawbridgeOptions): Promise<RunningTarget> {
  const { bus, setting, token, name, nodeArguments = [], variables } = options;
  const main = options.main ?? join(repositoryRoot(), 'services/proxy/dist/main.js');
  const directory = join(setting.directory, name);
  const { connectorDigest, bodies = 'all' } = options;
  writeConfiguration(directory, { ...setting, connectorDigest, bodies });
  const [https, http] = [await freePort(), await freePort()];
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [...nodeArguments, main],
    cores: setting.cores,
    cwd: directory,
    env: { ...environment({ bus, setting, directory, https, http }), ...variables },
  });
  const origin = `https://127.0.0.1:${https}`;
  await waitForAnswer(`http://127.0.0.1:${http}/readyz`, running);
  return {
    target: {
      name: 'drawbridge',
      origin,
      prefix: `/connections/${CONNECTION}`,
      headers: { authorization: `Bearer ${token}` },
      pid: running.pid,
      busPid: bus.pid,
      http2: true,
    },
    stop: () => running.stop(),
  };
}

interface Placed {
  readonly bus: BenchBus;
  readonly setting: PeerSetting;
  readonly directory: string;
  readonly https: number;
  readonly http: number;
}

/** The limits are a deployment's to choose; here they must not be what is measured. */
const UNLIMITED = '1000000';

const environment = ({ bus, setting, directory, https, http }: Placed): Record<string, string> => ({
  NODE_ENV: 'production',
  NATS_URL: bus.url,
  CONFIG_DIR: directory,
  HTTP_PORT: String(http),
  HTTPS_PORT: String(https),
  PUBLIC_URL: 'https://localhost',
  HOSTS: '127.0.0.1',
  TLS_CERT_FILE: setting.certificateFile,
  TLS_KEY_FILE: setting.keyFile,
  MASK_KEYS_FILE: setting.maskKeysFile,
  BODY_STORE_URL: `file://${join(directory, 'bodies')}`,
  LOG_LEVEL: 'warn',
  MAX_CONNECTIONS: '20000',
  MAX_CONNECTIONS_PER_ADDRESS: '20000',
  AGENT_MAX_CALLS: UNLIMITED,
  AGENT_MAX_STREAMS: UNLIMITED,
  AGENT_CALLS_PER_SECOND: UNLIMITED,
  AGENT_BURST: UNLIMITED,
  WORKERS: String(setting.workers),
});

type Configured = Pick<PeerSetting, 'upstreamPort' | 'upstreamCa'> &
  Record<'connectorDigest', string | undefined> &
  Record<'bodies', 'all' | 'none'>;

function writeConfiguration(
  directory: string,
  { upstreamPort, upstreamCa, connectorDigest, bodies }: Configured,
): void {
  mkdirSync(directory, { recursive: true });
  copyFileSync(upstreamCa, join(directory, 'upstream-ca.pem'));
  writeFileSync(join(directory, 'upstream-token'), UPSTREAM_TOKEN, { mode: 0o600 });
  const connection = {
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name: CONNECTION },
    spec: {
      environment: 'bench',
      server: `https://localhost:${upstreamPort}`,
      certificateAuthorityFile: 'upstream-ca.pem',
      credential: { type: 'bearerToken', file: 'upstream-token' },
      recording: { bodies },
      ...(connectorDigest !== undefined && {
        connector: { tokenDigests: [`sha256:${connectorDigest}`] },
      }),
    },
  };
  // JSON is YAML.
  writeFileSync(join(directory, 'connections.yaml'), JSON.stringify(connection));
}
