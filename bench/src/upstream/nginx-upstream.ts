import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BenchProcess } from '../machine/bench-process.js';
import { nginxBase } from '../peers/nginx-base.js';
import { HUGE_LIST_BYTES, LIST_BYTES, paths, podListJson, smallPod } from './objects.js';

export interface UpstreamOptions {
  readonly nginx: string;
  readonly directory: string;
  readonly port: number;
  /** PEM files. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly cores: readonly number[];
  /** With the 500 MB list, which takes its time and its disk. */
  readonly huge: boolean;
}

/** What every proxy must send in the client's stead: without it there is no answer. */
export const UPSTREAM_TOKEN = 'bench-upstream-token';

/**
 * An API server that costs next to nothing: nginx with the same few answers for everybody, over TLS 1.3, HTTP/1.1
 * and HTTP/2 as a kube-apiserver offers them.
 */
export async function startNginxUpstream(options: UpstreamOptions): Promise<BenchProcess> {
  const { nginx, directory, cores, huge } = options;
  mkdirSync(directory, { recursive: true });
  await writeList(join(directory, 'list.json'), LIST_BYTES);
  if (huge) await writeList(join(directory, 'huge.json'), HUGE_LIST_BYTES);
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(options));
  return BenchProcess.start({ command: nginx, args: ['-p', directory, '-c', file], cores });
}

const writeList = (file: string, bytes: number): Promise<void> =>
  pipeline(Readable.from(podListJson(bytes)), createWriteStream(file));

const configuration = ({ port, huge, certificateFile, keyFile, directory }: UpstreamOptions) =>
  nginxBase(
    1,
    `
  open_file_cache max=16 inactive=1h;
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.3;
    http2_max_concurrent_streams 250;
    default_type application/json;
    add_header Cache-Control "no-cache, private";
    if ($http_authorization != "Bearer ${UPSTREAM_TOKEN}") { return 401; }
    location = /readyz { return 200 "{}"; }
    location = ${paths.pod} { return 200 '${smallPod}'; }
    location = ${paths.list} { alias ${directory}/list.json; }
    location = ${paths.document} { alias ${directory}/list.json; }
    ${huge ? `location = ${paths.hugeList} { alias ${directory}/huge.json; }` : ''}
    location / { return 404 '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":404}'; }
  }`,
  );
