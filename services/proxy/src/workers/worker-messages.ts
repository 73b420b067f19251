import type { ProxyConfig } from '../config.js';
import type { GatewayCheck } from '../open-gateway.js';
import type { WorkerSeat } from './worker-seat.js';

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly config: ProxyConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly seat: WorkerSeat;
}

/** How a worker is; told twice a second. */
export interface WorkerHealth {
  readonly type: 'health';
  readonly checks: Readonly<Record<GatewayCheck, boolean>>;
  readonly figures: Readonly<Record<string, number>>;
}

export type FromWorker =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string }
  | WorkerHealth;

export type ToWorker =
  { readonly type: 'drain' } | { readonly type: 'ticketKeys'; readonly keys: Uint8Array };
