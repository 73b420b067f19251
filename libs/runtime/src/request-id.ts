import type { NextFunction, Request, Response } from 'express';
import { uuidV7 } from './uuid-v7.js';

const ids = new WeakMap<Request, string>();

/** Gives each request an id of ours (a caller's could be forged or repeated) and tells it in `X-Request-Id`. */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const id = uuidV7(new Date());
  ids.set(request, id);
  response.setHeader('X-Request-Id', id);
  next();
}

/** The id of this request: the causation id of events it causes, and what finds it in the logs. */
export const requestIdOf = (request: Request): string => ids.get(request) ?? 'unassigned';
