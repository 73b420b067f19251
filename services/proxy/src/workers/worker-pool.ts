import type { LoggerService } from '@nestjs/common';
import { AppError } from '@drawbridge/kernel';
import type { ProxyConfig } from '../config.js';
import { MAX_AGENTS, AgentLimits } from '../limits/agent-limits.js';
import { ConnectionCounter, connectionMemory } from '../limits/connection-counter.js';
import { usageMemory } from '../limits/usage-table.js';
import { TicketKeys } from '../listener/ticket-keys.js';
import { gatewayChecks, type GatewayCheck } from '../open-gateway.js';
import type { GatewayPort } from '../proxy.module.js';
import { GatewayWorker } from './gateway-worker.js';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
/** A worker that lived for this long did not die of its start. */
const SETTLED_MS = 60_000;
const LOOK_MS = 1_000;
/** Its loop does not turn any more, so its streams would not end with their grants. */
const STUCK_MS = 15_000;
/** Workers end by themselves well within this. */
const DRAIN_MS = 18_000;

/** A worker thread of the gateway could not start. */
export class WorkerNotStarted extends AppError<'worker_not_started'> {}

export interface WorkerPoolOptions {
  readonly config: ProxyConfig;
  readonly logger: LoggerService;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default the built `worker-main.js` */
  readonly entry?: URL;
  /** Options of Node for the threads. @default those of this process */
  readonly execArgv?: readonly string[];
  /** After so much silence a worker is replaced. @default 15000 */
  readonly stuckMs?: number;
}

interface Seat {
  readonly index: number;
  worker: GatewayWorker | undefined;
  startedAtMs: number;
  retryMs: number;
  retry: NodeJS.Timeout | undefined;
}

/**
 * The workers that serve the gateway port together. Each has all that it needs; what they share is memory for
 * limits and the key of session tickets. A worker that dies, or does nothing any more, is replaced, and what it
 * had counted is taken back.
 */
export class WorkerPool implements GatewayPort {
  readonly #seats: readonly Seat[];
  readonly #agents;
  readonly #addresses;
  readonly #ticketKeys = new TicketKeys((keys) => {
    for (const { worker } of this.#seats) worker?.tell({ type: 'ticketKeys', keys });
  });
  readonly #agentLimits: AgentLimits;
  readonly #connections: ConnectionCounter;
  #looking: NodeJS.Timeout | undefined;
  #address = '';
  #draining = false;

  constructor(private readonly options: WorkerPoolOptions) {
    const { config } = options;
    const { WORKERS, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } = config;
    this.#seats = Array.from({ length: WORKERS }, (_, index) => ({
      index,
      worker: undefined,
      startedAtMs: 0,
      retryMs: FIRST_RETRY_MS,
      retry: undefined,
    }));
    this.#agents = usageMemory(MAX_AGENTS, WORKERS);
    this.#addresses = connectionMemory(MAX_CONNECTIONS, WORKERS);
    this.#agentLimits = new AgentLimits({
      rate: { perSecond: config.AGENT_CALLS_PER_SECOND, burst: config.AGENT_BURST },
      maxCalls: config.AGENT_MAX_CALLS,
      maxStreams: config.AGENT_MAX_STREAMS,
      memory: this.#agents,
    });
    this.#connections = new ConnectionCounter({
      maxConnections: MAX_CONNECTIONS,
      maxPerAddress: MAX_CONNECTIONS_PER_ADDRESS,
      memory: this.#addresses,
    });
  }

  get address(): string {
    return this.#address;
  }

  /** Each is passed when every worker passes it. */
  checks(): Readonly<Record<GatewayCheck | 'workers', () => boolean>> {
    const all = (name: GatewayCheck) => () =>
      this.#seats.every(({ worker }) => worker?.passes(name) === true);
    const workers = () => this.#seats.every(({ worker }) => worker?.alive === true);
    const entries = gatewayChecks.map((name) => [name, all(name)] as const);
    return { ...(Object.fromEntries(entries) as Record<GatewayCheck, () => boolean>), workers };
  }

  /** The sum of what all workers tell. */
  figures(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { worker } of this.#seats) {
      for (const [name, value] of Object.entries(worker?.figures ?? {})) {
        sums[name] = name === OFFSET ? farther(sums[name], value) : (sums[name] ?? 0) + value;
      }
    }
    return sums;
  }

  /** The first worker finds the port, then all others listen on it. */
  async onApplicationBootstrap(): Promise<void> {
    const [first, ...others] = this.#seats;
    try {
      if (first !== undefined) this.#address = await this.#start(first);
      await Promise.all(others.map((seat) => this.#start(seat)));
    } catch (error) {
      await this.onApplicationShutdown();
      throw error;
    }
    this.#looking = setInterval(() => this.#endStuck(), LOOK_MS).unref();
  }

  /** All workers stop as one gateway does: streams end with a reason, short answers get a moment. */
  async onApplicationShutdown(): Promise<void> {
    this.#draining = true;
    this.#ticketKeys.stop();
    clearInterval(this.#looking);
    const ends = this.#seats.map(async ({ worker, retry }) => {
      clearTimeout(retry);
      await worker?.drain(DRAIN_MS);
    });
    await Promise.all(ends);
  }

  async #start(seat: Seat): Promise<string> {
    const { config, environment, entry, execArgv } = this.options;
    const port = this.#address === '' ? undefined : Number(new URL(this.#address).port || 443);
    const worker = new GatewayWorker({
      entry: entry ?? new URL('./worker-main.js', import.meta.url),
      execArgv,
      start: {
        config,
        environment,
        seat: {
          index: seat.index,
          port,
          agents: this.#agents,
          addresses: this.#addresses,
          ticketKeys: this.#ticketKeys.current,
        },
      },
    });
    seat.worker = worker;
    seat.startedAtMs = performance.now();
    void worker.ended.then((reason) => this.#onEnd(seat, worker, reason));
    const started = await worker.listening;
    if ('address' in started) return started.address;
    const { code, message } = started;
    // What the worker says is why, in its own words and with its own code.
    if (code !== undefined) throw new AppError(code, message);
    throw new WorkerNotStarted('worker_not_started', message);
  }

  #onEnd(seat: Seat, worker: GatewayWorker, reason: string): void {
    if (seat.worker === worker) seat.worker = undefined;
    this.#agentLimits.release(seat.index);
    this.#connections.release(seat.index);
    // Before all have started a failure is that of the start, and told as such.
    if (this.#draining || this.#looking === undefined) return;
    if (performance.now() - seat.startedAtMs > SETTLED_MS) seat.retryMs = FIRST_RETRY_MS;
    const { logger } = this.options;
    logger.error({ msg: 'a worker ended', worker: seat.index, reason, retryMs: seat.retryMs });
    seat.retry = setTimeout(() => {
      this.#start(seat).catch((error: unknown) => {
        logger.error({ msg: 'a worker could not start', worker: seat.index, err: error });
      });
    }, seat.retryMs);
    seat.retryMs = Math.min(LONGEST_RETRY_MS, seat.retryMs * 2);
  }

  #endStuck(): void {
    const { logger, stuckMs } = this.options;
    for (const { index, worker } of this.#seats) {
      if (worker === undefined || worker.silentForMs < (stuckMs ?? STUCK_MS)) continue;
      logger.error({ msg: 'a worker does not answer', worker: index });
      worker.end();
    }
  }
}

/** No amount: all workers have the same clock, and the one that sees it worst tells. */
const OFFSET = 'clockOffsetMs';
const farther = (known = 0, value: number): number =>
  Math.abs(value) > Math.abs(known) ? value : known;
