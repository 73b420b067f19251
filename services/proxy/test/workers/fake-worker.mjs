// Stands in for a worker of the gateway: does what its environment says when a file of that name appears.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { AgentLimits } from '../../dist/limits/agent-limits.js';

const { seat, environment, config } = workerData;
const { DIRECTORY = '' } = environment;
const asked = (what) => existsSync(join(DIRECTORY, `${what}-${seat.index}`));

if (asked('fail')) {
  parentPort.postMessage({ type: 'failed', code: 'configuration_invalid', message: 'no good' });
  process.exit(1);
}
const limits = new AgentLimits({
  rate: { perSecond: config.AGENT_CALLS_PER_SECOND, burst: config.AGENT_BURST },
  maxCalls: config.AGENT_MAX_CALLS,
  maxStreams: config.AGENT_MAX_STREAMS,
  memory: seat.agents,
  worker: seat.index,
});
let entered = 0;
try {
  for (;;) {
    limits.enter({ issuer: 'https://idp.test', subject: 'one' }, true);
    entered += 1;
  }
} catch {
  // As many streams as there is room for.
}
const passed = { nats: true, grants: true, trust: true, recording: true, serving: true };
const tell = () => {
  const checks = { ...passed, grants: !asked('lag') };
  parentPort.postMessage({ type: 'health', checks, figures: { entered } });
};
parentPort.postMessage({ type: 'listening', address: `https://localhost:${seat.port ?? 4_430}` });
tell();
const timer = setInterval(() => {
  if (asked('crash')) process.exit(3);
  while (asked('hang'));
  tell();
}, 20);
parentPort.on('message', ({ type }) => {
  if (type !== 'drain') return;
  clearInterval(timer);
  parentPort.close();
});
