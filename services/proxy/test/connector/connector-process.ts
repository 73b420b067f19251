import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChildWatch, eventually } from '@drawbridge/testing';
import type { Gateway } from '../gateway-under-test.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const project = `${root}services/connector/tsconfig.lib.json`;
const main = `${root}services/connector/dist/main.js`;

/** Connectors are processes of their own, so that they can be killed. */
export async function buildConnector(): Promise<void> {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  await promisify(execFile)(process.execPath, [compiler, '-b', project]);
}

export interface ConnectorToken {
  readonly token: string;
  /** In hex. */
  readonly digest: string;
}

export function newToken(): ConnectorToken {
  const token = `dbc_${randomBytes(32).toString('base64url')}`;
  return { token, digest: createHash('sha256').update(token).digest('hex') };
}

export interface ConnectorOptions {
  readonly gateway: Gateway;
  readonly token: string;
  /** `host:port` */
  readonly apiServer: string;
  readonly name: string;
  readonly connection?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sessions to wait for. @default 2 */
  readonly sessions?: number;
}

export interface ConnectorProcess {
  readonly log: readonly string[];
  figures(): Promise<{ readonly sessions: number; readonly streams: number }>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** Resolves when it has so many sessions. */
export async function startConnector(options: ConnectorOptions): Promise<ConnectorProcess> {
  const { gateway, token, apiServer, name, connection = 'prod', env, sessions = 2 } = options;
  const tokenFile = join(gateway.directory, `${name}.token`);
  const caFile = join(gateway.directory, 'gateway-ca.pem');
  await writeFile(tokenFile, `${token}\n`);
  await writeFile(caFile, gateway.raw.certificateAuthority);
  const child = spawn(process.execPath, [main], {
    env: {
      GATEWAY_URL: gateway.address,
      GATEWAY_CA_FILE: caFile,
      CONNECTION: connection,
      TOKEN_FILE: tokenFile,
      API_SERVER: apiServer,
      NAME: name,
      HTTP_PORT: '0',
      LOG_LEVEL: 'debug',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watch = new ChildWatch(child, { name: 'the connector' });
  const exited = once(child, 'close') as Promise<[number | null]>;
  const log: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    log.push(...lines);
  });
  const health = () => {
    const line = log.find((each) => each.includes('connector started'));
    if (line === undefined) throw new Error(`not started: ${log.join('\n')}`);
    return (JSON.parse(line) as { addresses: { http: string } }).addresses.http;
  };
  const figures = async () => {
    const answer = (await (await fetch(`${health()}/readyz`)).json()) as {
      figures: { sessions: number; streams: number };
    };
    return answer.figures;
  };
  const kill = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = await exited;
    return code;
  };
  try {
    await eventually(async () => {
      await watch.requireRunning();
      const now = await figures();
      if (now.sessions < sessions) throw new Error(`${now.sessions} sessions: ${log.join('\n')}`);
    });
  } catch (error) {
    await kill('SIGKILL');
    throw error;
  }
  return { log, figures, kill };
}
