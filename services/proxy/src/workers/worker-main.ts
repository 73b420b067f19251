import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '@drawbridge/kernel';
import { closeOnFailure, createLogger, type Closers } from '@drawbridge/runtime';
import { gatewayChecks, openGateway, type Gateway } from '../open-gateway.js';
import type { FromWorker, ToWorker, WorkerHealth, WorkerStart } from './worker-messages.js';

const HEALTH_MS = 500;

/** The port to the thread that started this one. */
function mainThread(): NonNullable<typeof parentPort> {
  if (parentPort === null) throw new TypeError('a worker of the gateway runs in a thread only');
  return parentPort;
}

const main = mainThread();
const tell = (message: FromWorker) => main.postMessage(message);

function healthOf({ checks, figures }: Gateway): WorkerHealth {
  const results = Object.fromEntries(gatewayChecks.map((name) => [name, checks[name]()]));
  return { type: 'health', checks: results as WorkerHealth['checks'], figures: figures() };
}

/** One worker: everything but the health endpoints, which the main thread answers for all. */
async function serve({ config, environment, seat }: WorkerStart, closers: Closers): Promise<void> {
  const logger = createLogger('proxy', { level: config.LOG_LEVEL });
  const own = { ...seat, ticketKeys: Buffer.from(seat.ticketKeys) };
  const gateway = await openGateway(config, { logger, environment, seat: own }, closers);
  const { dataPath } = gateway;
  closers.add(() => dataPath.onApplicationShutdown());
  await dataPath.onApplicationBootstrap();
  main.on('message', (message: ToWorker) => {
    if (message.type === 'ticketKeys') dataPath.renewTicketKeys(Buffer.from(message.keys));
    else void close(closers);
  });
  const timer = setInterval(() => tell(healthOf(gateway)), HEALTH_MS);
  closers.add(() => clearInterval(timer));
  tell({ type: 'listening', address: dataPath.address });
  tell(healthOf(gateway));
}

async function close(closers: Closers): Promise<void> {
  try {
    await closers.close();
    main.close();
  } catch (error) {
    fail(error);
  }
}

/** Told in words: an error itself would arrive without its class and its code. */
function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', code: codeOf(error), message });
  process.exitCode = 1;
  main.close();
}

closeOnFailure((closers) => serve(workerData as WorkerStart, closers)).catch(fail);
