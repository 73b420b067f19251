import { readRawBody } from '@drawbridge/runtime';
import type { RequestHandler } from 'express';
import { TicketCallbacks, type TicketCallbacksOptions } from './ticket-callbacks.js';

const PATH = '/v1/ticket-callbacks';
const MAX_BYTES = 65_536;
/** Together 16 MiB, whoever they are of. */
const MAX_AT_ONCE = 256;

export interface CallbackParts {
  readonly callbacks: TicketCallbacks;
  readonly mounts: Readonly<Record<string, RequestHandler>>;
}

/** Puts together what takes the callbacks of ticket systems; they sign bytes, so these are read as they come. */
export const ticketCallbacks = (options: TicketCallbacksOptions): CallbackParts => ({
  callbacks: new TicketCallbacks(options),
  mounts: { [PATH]: readRawBody(MAX_BYTES, MAX_AT_ONCE) },
});
