import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import type { PeerSetting, RunningTarget } from './target.js';
import { waitForAnswer } from './wait-for-answer.js';

/** HAProxy: TLS on both sides, verified, sockets to the upstream shared by all clients. */
export async function startHaproxyPeer(
  haproxy: string,
  setting: PeerSetting,
): Promise<RunningTarget> {
  const port = await freePort();
  const directory = join(setting.directory, 'haproxy');
  mkdirSync(directory, { recursive: true });
  const bundle = join(directory, 'tls.pem');
  const pem = [setting.certificateFile, setting.keyFile].map((each) => readFileSync(each, 'utf8'));
  writeFileSync(bundle, pem.join('\n'), { mode: 0o600 });
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, configuration({ port, bundle }, setting));
  const running = await BenchProcess.start({
    command: haproxy,
    args: ['-db', '-f', file],
    cores: setting.cores,
  });
  const origin = `https://127.0.0.1:${port}`;
  await waitForAnswer(`${origin}/readyz`, running);
  return {
    target: { name: 'haproxy', origin, prefix: '', headers: {}, pid: running.pid, http2: true },
    stop: () => running.stop(),
  };
}

const configuration = (
  { port, bundle }: { readonly port: number; readonly bundle: string },
  { workers, upstreamPort, upstreamCa }: PeerSetting,
): string => `
global
  maxconn 8000
  nbthread ${workers}
  ssl-default-server-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  http-reuse always
frontend clients
  bind 127.0.0.1:${port} ssl crt ${bundle} alpn h2,http/1.1
  http-request set-header Authorization "Bearer ${UPSTREAM_TOKEN}"
  default_backend cluster
backend cluster
  server one 127.0.0.1:${upstreamPort} ssl verify required ca-file ${upstreamCa} verifyhost localhost sni str(localhost) pool-max-conn -1
`;
