import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import { nginxBase } from './nginx-base.js';
import type { PeerSetting, RunningTarget } from './target.js';
import { waitForAnswer } from './wait-for-answer.js';

/** nginx as a proxy at its best: TLS 1.3 on both sides, verified, sockets to the upstream kept. */
export async function startNginxPeer(nginx: string, setting: PeerSetting): Promise<RunningTarget> {
  const port = await freePort();
  const directory = join(setting.directory, 'nginx');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(port, setting));
  const running = await BenchProcess.start({
    command: nginx,
    args: ['-p', directory, '-c', file],
    cores: setting.cores,
  });
  const origin = `https://127.0.0.1:${port}`;
  await waitForAnswer(`${origin}/readyz`, running);
  return {
    target: { name: 'nginx', origin, prefix: '', headers: {}, pid: running.pid, http2: true },
    stop: () => running.stop(),
  };
}

const configuration = (port: number, setting: PeerSetting): string =>
  nginxBase(
    setting.workers,
    `
  upstream cluster {
    server 127.0.0.1:${setting.upstreamPort};
    keepalive 512;
    keepalive_requests 100000000;
  }
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port} ssl http2 reuseport;
    ssl_certificate ${setting.certificateFile};
    ssl_certificate_key ${setting.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:4m;
    client_max_body_size 0;
    location / {
      proxy_pass https://cluster;
      proxy_http_version 1.1;
      proxy_set_header Host localhost;
      proxy_set_header Connection $connection_header;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Authorization "Bearer ${UPSTREAM_TOKEN}";
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_ssl_trusted_certificate ${setting.upstreamCa};
      proxy_ssl_session_reuse on;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 1h;
    }
  }`,
  );
