import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import type { PeerSetting, RunningTarget } from './target.js';
import { waitForAnswer } from './wait-for-answer.js';

/** Node passing calls on without looking at them: what no gateway in Node, of whatever making, goes below. */
export async function startNodeFloor(setting: PeerSetting): Promise<RunningTarget> {
  const port = await freePort();
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [join(import.meta.dirname, 'node-floor-main.js')],
    cores: setting.cores,
    cwd: setting.directory,
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      UPSTREAM_PORT: String(setting.upstreamPort),
      UPSTREAM_CA: setting.upstreamCa,
      UPSTREAM_TOKEN,
      CERT: setting.certificateFile,
      KEY: setting.keyFile,
    },
  });
  const origin = `https://127.0.0.1:${port}`;
  await waitForAnswer(`${origin}/readyz`, running);
  return {
    target: { name: 'node floor', origin, prefix: '', headers: {}, pid: running.pid, http2: false },
    stop: () => running.stop(),
  };
}
